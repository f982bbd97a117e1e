"""Results of queries as snapshots: PostgreSQL, SQLite and DuckDB, each read in one moment."""
