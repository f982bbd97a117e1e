"""The ledger as text beside the database: what the database can be rebuilt from.

Entries lie in `ledger/NNNNNNNN.jsonl`, 1,024 a file, one canonical entry a line; the newest
checkpoint lies in `ledger/checkpoint`. Written after the commit, so segments may lag behind
the database by a crash and catch up with the next change; they are never ahead of it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from cairn import rights
from cairn.core import ledger as rules
from cairn.core.errors import Corrupt
from cairn.core.ledger import SEGMENT_ENTRIES
from cairn.engine import ledger
from cairn.engine.store import replace
from cairn.sql.database import Transaction

CHECKPOINT = "checkpoint"


def export(tx: Transaction, folder: Path) -> None:
    """Bring the segments up to the database's newest checkpoint."""
    head = ledger.newest(tx)
    rights.make_folder(folder)
    confirmed = exported_size(folder)
    names = sorted(path.name for path in folder.glob("*.jsonl"))
    first = max(len(names) - 1, 0)
    for number in range(first, (head.size - 1) // SEGMENT_ENTRIES + 1):
        start = number * SEGMENT_ENTRIES
        stop = min(start + SEGMENT_ENTRIES, head.size)
        contents = [*ledger.contents(tx, start, stop)]
        _write(segment(folder, number), contents, confirmed=confirmed - start)
    replace(folder / CHECKPOINT, head.note.encode())


def segment(folder: Path, number: int) -> Path:
    """Return the path of a segment."""
    return folder / f"{number:08d}.jsonl"


def entries(folder: Path) -> Iterator[tuple[Path, int, bytes]]:
    """Read path, line number and bytes of every exported entry, in order.

    A last line that a crash cut short is left out: the database has it, or it never was.
    """
    for number in range(len(list(folder.glob("*.jsonl")))):
        path = segment(folder, number)
        if not path.exists():
            raise Corrupt(f"the ledger segment {path} is missing")
        lines = path.read_bytes().split(b"\n")
        for index, line in enumerate(lines[:-1]):
            yield path, index + 1, line


def last(folder: Path) -> Path:
    """Return the last segment."""
    return segment(folder, max(len(list(folder.glob("*.jsonl"))) - 1, 0))


def checkpoint(folder: Path) -> str | None:
    """Read the exported checkpoint; None if there is none."""
    path = folder / CHECKPOINT
    try:
        return path.read_text("utf-8") if path.exists() else None
    except UnicodeDecodeError as error:
        raise Corrupt(f"{path} is damaged") from error


def require_not_ahead(tx: Transaction, exported: int) -> None:
    """Raise `Corrupt` if more was exported than the database has: it is not the one it was.

    The next change would write over the only copy of what it lacks.
    """
    row = tx.one("ledger_size")
    recorded = row.entries if row else 0
    if recorded < exported:
        raise Corrupt(
            f"the database has {recorded} ledger entries, but {exported} were exported: it is "
            "an older copy or was emptied; `cairn rebuild --yes` makes it from the ledger"
        )


def exported_size(folder: Path) -> int:
    """Count the entries that the exported checkpoint covers; 0 if it cannot be read."""
    try:
        text = (checkpoint(folder) or "").rpartition("\n\n")[0]
        return rules.read_checkpoint_text(f"{text}\n")[1]
    except (OSError, Corrupt):
        return 0


def _write(path: Path, contents: list[bytes], *, confirmed: int) -> None:
    """Append the last entry if all before it is confirmed, else compare and write anew.

    What follows the last confirmed entry may be what a power cut left of an append: of the
    right length, and with holes in it.
    """
    whole = b"".join(content + b"\n" for content in contents)
    there = path.stat().st_size if path.exists() else -1
    tail = contents[-1] + b"\n"
    if confirmed == len(contents) - 1 and there == len(whole) - len(tail):
        _append(path, tail)
    elif there != len(whole) or (confirmed < len(contents) and path.read_bytes() != whole):
        replace(path, whole)


def _append(path: Path, content: bytes) -> None:
    opened = rights.open_or_create(path, os.O_WRONLY | os.O_APPEND)
    with os.fdopen(opened, "ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
