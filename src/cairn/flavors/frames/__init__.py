"""Tables and arrays <-> files: exact, never pickled, and the same every time."""
