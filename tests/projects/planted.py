"""A project in a temporary folder with planted files, and what a scan says about it."""

import json
from collections.abc import Sequence
from pathlib import Path

from cairn import inventory
from cairn.inventory import Inventory
from projects.repositories import write


class Project:
    """A folder to plant files in and to scan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.page = folder / inventory.FILE

    def plant(self, name: str, content: str | bytes = "") -> Path:
        """Write a file and the folders above it."""
        write(self.folder / name, content)
        return self.folder / name

    def scan(self) -> Inventory:
        """Scan, as the command does."""
        return inventory.scan(self.folder)

    def rescan(self) -> bytes:
        """Scan, keep the page, and return its bytes."""
        inventory.write(self.scan(), self.page)
        return self.page.read_bytes()

    def gaps(self) -> dict[str, tuple[str, str]]:
        """Scan, and say what is not known: reason and fix of each ingredient."""
        return {gap.field: (gap.reason, gap.fix) for gap in inventory.gaps(self.scan())}

    def unread(self) -> dict[str, str]:
        """Scan, and say what had to be left out and why."""
        return {unread.path: unread.reason for unread in self.scan().unread}


def notebook(title: str, *cells: Sequence[str], language: str = "python") -> str:
    """Write a notebook: a title, and cells of lines of code."""
    written = [{"cell_type": "markdown", "source": [title]}]
    written += [
        {"cell_type": "code", "source": [f"{line}\n" for line in cell]} for cell in cells
    ]
    metadata = {"kernelspec": {"language": language}}
    return json.dumps({"cells": written, "metadata": metadata, "nbformat": 4})
