"""Private keys on disk: only their owner may read them, and none is written over another."""

import os
from pathlib import Path

from cairn import rights


def write_secret(path: Path, text: str) -> None:
    """Write a line that only its owner may read, durably; raises `FileExistsError`."""
    rights.own_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
