"""What models are made of in a project, and what is missing: looked up, never run.

`scan` walks a folder; `write` and `read` keep what it found in one file that people commit,
edit and compare; `gaps` lists what nobody knows yet, each with the next command to type.
"""

from cairn.inventory.findings import FILE, INGREDIENTS, Ingredient, Inventory
from cairn.inventory.gaps import gaps
from cairn.inventory.page import read, record, write
from cairn.inventory.scan import scan

__all__ = [
    "FILE",
    "INGREDIENTS",
    "Ingredient",
    "Inventory",
    "gaps",
    "read",
    "record",
    "scan",
    "write",
]
