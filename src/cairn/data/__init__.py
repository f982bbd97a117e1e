"""Data as it lies on disk <-> snapshots, tables and evaluations."""
