"""Placeholder."""

from pathlib import Path

from cairn.flavors.flavor import Inspection


def inspect(directory: Path) -> Inspection:
    """Judge every file."""
    del directory
    return Inspection(files=(), allow_list="sha256:" + "0" * 64)
