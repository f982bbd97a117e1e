"""The models that a run saved, found by the script's own files.

1. A model that was saved and moved is found where it is now: by the moves that were seen, by
   the file's number on the disk, or by its content. One whose file is gone altogether counts
   if nothing else was saved, as long as there is a safe copy.
2. A file that is a model by its first bytes counts, whoever wrote it.
3. One fitting saved in two formats is one model: the one with the safe copy.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from cairn.capture.events import Journal, Saved
from cairn.capture.manifest import Built, Shared
from cairn.capture.models.weights import form_of
from cairn.capture.touched import Touched, moved_to, place_of
from cairn.core.digest import Digest, digest_bytes
from cairn.core.tree import escape
from cairn.project import Project

HANDED_OVER = "model"
LARGEST_DIGESTED = 4 << 30


def build(
    project: Project, journal: Journal, shared: Shared, *, room: Path, files: Touched
) -> tuple[Built, ...]:
    """Store every model that the run saved, by the script's path."""
    found = _saved(journal, files, shared.root)
    if not found:
        return ()
    from cairn.capture.models.making import (
        Making,  # what it needs takes longer to import than a run
    )

    return tuple(
        Making(project, journal, shared, saved=saved, room=room, files=files).make(path)
        for path, saved in sorted(found.items())
    )


def distinct(built: Sequence[Built]) -> tuple[Built, ...]:
    """Drop models that are the same as an earlier one, saved twice."""
    return tuple({one.digest: one for one in reversed(built)}.values())[::-1]


def _saved(journal: Journal, files: Touched, root: Path) -> dict[str, Saved]:
    """Find the last model saved under each path, and files that are models by themselves."""
    found: dict[Path, Saved] = {}
    by_digest = {event.digest: event for event in journal.of(Saved) if event.digest}
    for path in sorted(files.outputs) if by_digest else ():
        if event := by_digest.get(_digest_of(path) or ""):
            found[path] = event
    by_inode = {path.stat().st_ino: path for path in files.outputs if path.is_file()}
    gone: list[Saved] = []
    handed: dict[str, Saved] = {}
    for event in journal.of(Saved):
        if event.path and (path := _lies_at(journal, event, by_inode)):
            found[path] = event
        elif event.path and event.folder:
            gone.append(event)
        elif event.path is None and event.digest is None:
            handed[HANDED_OVER] = event
    one_each = _one_each(found)
    for path in sorted(files.outputs - found.keys()):
        if form := form_of(path):
            one_each[path] = _written(form)
    if not one_each and not handed and gone:
        one_each[place_of(gone[-1].path or "")] = gone[-1]
    return handed | {_shown(path, root): _at(event, path) for path, event in one_each.items()}


def _at(event: Saved, path: Path) -> Saved:
    return msgspec.structs.replace(event, path=escape(os.fsencode(path)))


def _lies_at(journal: Journal, event: Saved, by_inode: Mapping[int, Path]) -> Path | None:
    """Find where a saved model lies now."""
    path = moved_to(journal.events, event.path or "")
    return path if path.is_file() else by_inode.get(event.inode)


def _one_each(found: Mapping[Path, Saved]) -> dict[Path, Saved]:
    """Of a fitting that was saved in several formats, keep the safe one, or else the last."""
    fittings: dict[tuple[str, int], list[tuple[Path, Saved]]] = {}
    for path, event in found.items():
        fittings.setdefault((event.model, event.generation), []).append((path, event))
    kept: dict[Path, Saved] = {}
    for each in fittings.values():
        safe = [pair for pair in each if pair[1].folder]
        native = [pair for pair in each if not pair[1].reason]
        kept |= dict(safe or (native or each)[-1:])
    return kept


def _written(form: str) -> Saved:
    """Speak of a model's file that was not seen to be written."""
    return Saved(time=0, model="", generation=0, kind=form, whole=True, parameters={})


def _digest_of(path: Path) -> Digest | None:
    try:
        small = path.stat().st_size <= LARGEST_DIGESTED
        return digest_bytes(path.read_bytes()) if small else None
    except OSError:
        return None


def _shown(path: Path, root: Path) -> str:
    inside = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
    return escape(os.fsencode(inside))
