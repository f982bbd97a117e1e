"""Hints that messages give, and cases that follow them."""
