"""Nouns, requests and rules as plain values: no I/O, no clock, no randomness, no logging."""
