"""The models of a run: their files, what they were measured on, whether they load."""
