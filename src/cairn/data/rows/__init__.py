"""Rows of stored files that have a value: one reader for each kind of file."""
