"""What a store has beside its database: the ledger as text, and what this user saw of it.

Handlers are given this instead of a folder. After a commit one process at a time brings the
copies up to date; whoever waited for it finds its own entries copied already.
"""

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from cairn import rights
from cairn.engine import checkpoints, known, ledger, segments, store
from cairn.engine.store import StoreFile
from cairn.sql.database import Database

_DATABASE = ("cairn.db", "cairn.db-wal", "cairn.db-shm", "writer.lock", "export.lock")
COVERED = frozenset(("store.json", "ledger", "objects", *_DATABASE))
COVERED_OBJECTS = frozenset(("packs", "sha256"))


class Beside:
    """The files of one store outside of its database and its objects."""

    def __init__(self, folder: Path, about: StoreFile) -> None:
        self._folder = folder
        self._about = about
        self._ledger = folder / "ledger"

    def exported(self) -> Iterator[tuple[str, int, bytes]]:
        """Read file, line number and bytes of every exported entry, in order."""
        for path, line, content in segments.entries(self._ledger):
            yield path.name, line, content

    def exported_size(self) -> int:
        """Count the entries that the exported checkpoint covers; 0 if it cannot be read."""
        return segments.exported_size(self._ledger)

    def exported_checkpoint(self) -> str | None:
        """Read the exported checkpoint; None if there is none."""
        return segments.checkpoint(self._ledger)

    def last_exported(self) -> str:
        """Name the file that new entries are exported to."""
        return segments.last(self._ledger).name

    def pinned(self) -> tuple[str, str] | None:
        """Read where this user keeps the newest checkpoint, and what it says."""
        path = store.pin_path(self._about.id)
        return (str(path), path.read_text("utf-8", "replace")) if path.is_file() else None

    def changed(self) -> str:
        """Say that another store lies there than before; empty if it is the same."""
        return known.changed(self._folder, self._about)

    def uncovered(self) -> list[str]:
        """Name what lies in the store and is not part of what is verified."""
        found: list[str] = []
        for place in (self._folder, self._folder / "objects"):
            covered = COVERED if place == self._folder else COVERED_OBJECTS
            if place.is_dir():
                found += [
                    f"{path.relative_to(self._folder)}{'/' * path.is_dir()}"
                    for path in sorted(place.iterdir())
                    if path.name not in covered
                    and not (path.is_dir() and not any(path.iterdir()))
                ]
        return found

    def require_known(self) -> None:
        """Raise `Conflict` before anything is written to a store that took another's place."""
        known.require(self._folder, self._about)

    def catch_up(self, database: Database) -> None:
        """Copy every entry that is not copied yet, and pin the newest checkpoint."""
        with self._owned(), database.reading() as tx:
            if self.exported_size() != ledger.newest_size(tx):
                segments.export(tx, self._ledger)
            checkpoints.pin(tx, self._about)
        known.remember_first(self._folder, self._about)

    @contextmanager
    def _owned(self) -> Generator[None]:
        """Be the one that copies; the turns of writers go on meanwhile."""
        opened = rights.open_or_create(self._folder / "export.lock", os.O_WRONLY | os.O_APPEND)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            yield
        finally:
            os.close(opened)
