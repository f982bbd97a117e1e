"""Copies between stores: push, pull, and what a remote offers and claims."""
