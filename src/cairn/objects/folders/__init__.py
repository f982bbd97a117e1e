"""Folders on disk become trees of objects, and trees become folders again."""
