"""Checks by earlier versions of the statistics: decisions are replayed by their own."""
