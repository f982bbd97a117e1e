"""Rows of scores, and what is judged by them."""
