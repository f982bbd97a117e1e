"""A model object <-> a directory of files: safe formats first, pickle only after a scan."""
