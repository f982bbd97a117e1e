"""What two tables share and where they differ: columns, rows, values, overlap."""
