"""The models that a run saved, found by the script's own files."""

import os
from collections.abc import Sequence
from pathlib import Path

from cairn.capture.events import Journal, Saved
from cairn.capture.manifest import Built, Making, Shared
from cairn.capture.touched import Touched, place_of
from cairn.core.digest import Digest, digest_bytes
from cairn.core.tree import escape
from cairn.registry import Registry

HANDED_OVER = "model"
LARGEST_DIGESTED = 4 << 30


def build(
    registry: Registry, journal: Journal, shared: Shared, *, room: Path, files: Touched
) -> tuple[Built, ...]:
    """Store every model that the run saved and that is still there, by the script's path."""
    return tuple(
        Making(registry, journal, shared, saved=saved, room=room, files=files).make(path)
        for path, saved in sorted(_saved(journal, files, shared.root).items())
    )


def distinct(built: Sequence[Built]) -> tuple[Built, ...]:
    """Drop models that are the same as an earlier one, saved twice."""
    return tuple({one.digest: one for one in reversed(built)}.values())[::-1]


def _saved(journal: Journal, files: Touched, root: Path) -> dict[str, Saved]:
    """Find the last model saved under each path; one saved as bytes by its content."""
    found: dict[str, Saved] = {}
    by_digest = {event.digest: event for event in journal.of(Saved) if event.digest}
    for path in sorted(files.outputs) if by_digest else ():
        if event := by_digest.get(_digest_of(path) or ""):
            found[_shown(path, root)] = event
    for event in journal.of(Saved):
        if event.path and (path := place_of(event.path)).is_file():
            found[_shown(path, root)] = event
        elif event.path is None and event.digest is None:
            found[HANDED_OVER] = event
    return found


def _digest_of(path: Path) -> Digest | None:
    try:
        small = path.stat().st_size <= LARGEST_DIGESTED
        return digest_bytes(path.read_bytes()) if small else None
    except OSError:
        return None


def _shown(path: Path, root: Path) -> str:
    inside = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
    return escape(os.fsencode(inside))
