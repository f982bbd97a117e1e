"""Property tests: the same examples in every run, and no deadline on a slow machine."""

from hypothesis import settings

settings.register_profile("cairn", deadline=None, derandomize=True)
settings.load_profile("cairn")
