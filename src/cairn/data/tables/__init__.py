"""Tables in files: read as typed columns, digested by value, stored, described."""
