"""The `cairn` command; one file a noun, no rules inside."""

from cairn.cli.app import main

__all__ = ["main"]
