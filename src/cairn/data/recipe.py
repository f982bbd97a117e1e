"""Recipes: a command that rebuilds a large set, proven to give the same bytes each time.

A recipe runs in a new folder that holds its code, with the snapshots it was given below
`inputs/`, and writes below `output/`. It is run twice, at two places, with two seeds for the
hashes of strings: only one that gives the same tree both times is recorded.
"""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path

from cairn.core.digest import Digest
from cairn.core.errors import Conflict, Invalid, NotFound
from cairn.core.snapshot import Keeping, Recipe, Snapshot, SnapshotInfo
from cairn.core.tree import Entry, escape
from cairn.data.files import check_name, record_snapshot
from cairn.objects import ObjectStore, open_local
from cairn.objects.folders.tree import (
    StoredTree,
    restore_tree,
    store_entries,
    store_tree,
    tree_entries,
)
from cairn.project import Project

INPUTS, OUTPUT = "inputs", "output"
_CHUNK = 1 << 20


def snapshot_recipe(
    project: Project,
    command: Sequence[str],
    *,
    code: Path,
    of: Sequence[str] = (),
    name: str | None = None,
    mode: Keeping = "copy",
) -> SnapshotInfo:
    """Run a command twice and record what it makes, if that is the same both times.

    `code` is a file or folder that the command needs, `of` the snapshots it reads. With `pin`
    only the names and digests of what it made are kept. Raises `Conflict` naming the first
    difference, and `Invalid` if it fails or writes nothing.
    """
    check_name(name)
    infos = [project.find_snapshot(reference) for reference in of]
    kept = store_tree(project.objects, code)
    words = tuple(command)
    with tempfile.TemporaryDirectory(prefix="cairn-recipe-") as scratch:
        results: list[tuple[ObjectStore, StoredTree]] = []
        for turn in (1, 2):
            place = Path(scratch) / f"turn-{turn}"
            _cook(project, place, words, code=kept.digest, of=infos, seed=turn)
            results.append(_result(project, place, turn=turn, mode=mode))
        (first_store, first), (second_store, second) = results
        if first.digest != second.digest:
            raise Conflict(
                f"{shlex.join(words)} is not a recipe: run twice it gave "
                + _difference(first_store, first.digest, second_store, second.digest)
                + "; seed every generator, sort what has no order, and write no times or paths"
            )
    source = Recipe(
        tree=first.digest,
        mode=mode,
        command=words,
        code=kept.digest,
        of=tuple(info.digest for info in infos),
        lock=project.objects.put(_lock()),
    )
    origin = f"recipe: {shlex.join(words)}"
    return record_snapshot(project, source, origin=origin, name=name)


def rebuild(project: Project, reference: str, into: Path) -> SnapshotInfo:
    """Run a snapshot's recipe once more and write what it makes into a new folder.

    Raises `Invalid` for a snapshot that is not a recipe, and `Conflict` naming the first
    difference if what is made now is not what was recorded; `into` is not written then.
    """
    info = project.find_snapshot(reference)
    source = project.objects.get_record(info.digest, Snapshot).source
    if not isinstance(source, Recipe):
        raise Invalid(
            f"{reference} has no recipe: `cairn snapshot restore {reference} FOLDER` gives "
            "its bytes"
        )
    infos = [project.find_snapshot(digest) for digest in source.of]
    with tempfile.TemporaryDirectory(prefix="cairn-recipe-") as scratch:
        place = Path(scratch) / "turn"
        _cook(project, place, source.command, code=source.code, of=infos, seed=1)
        made = open_local(Path(scratch) / "objects")
        found = store_tree(made, place / OUTPUT)
        if found.digest != source.tree:
            raise Conflict(
                f"the recipe of {reference} does not give the recorded bytes any more: "
                + _difference(project.objects, source.tree, made, found.digest)
                + f"; `cairn snapshot show {reference}` names its packages, which may differ "
                "from today's"
            )
        restore_tree(made, found.digest, into)
    return info


def _cook(
    project: Project,
    place: Path,
    command: Sequence[str],
    *,
    code: Digest,
    of: Sequence[SnapshotInfo],
    seed: int,
) -> None:
    """Lay out code and inputs at `place` and run the command there."""
    restore_tree(project.objects, code, place)
    for number, info in enumerate(of):
        restore_tree(project.objects, info.tree, place / INPUTS / (info.name or str(number)))
    (place / OUTPUT).mkdir()
    settings = os.environ | {"PYTHONHASHSEED": str(seed), "CAIRN_OUTPUT": OUTPUT}
    try:
        done = subprocess.run(  # noqa: S603 (the person's own command)
            list(command), cwd=place, env=settings, check=False, stdout=2
        )
    except FileNotFoundError as error:
        raise NotFound(f"there is no program {command[0]!r}: name one that is") from error
    except OSError as error:
        raise Invalid(f"{command[0]!r} cannot be run: {error.strerror}") from error
    if done.returncode != 0:
        raise Invalid(
            f"{shlex.join(command)} failed with exit code {done.returncode}; it ran in a new "
            f"folder with its code, the snapshots in {INPUTS}/ and an empty {OUTPUT}/"
        )
    if not any(path.is_file() for path in (place / OUTPUT).rglob("*")):
        raise Invalid(f"{shlex.join(command)} wrote nothing into {OUTPUT}/, where it has to")


def _result(
    project: Project, place: Path, *, turn: int, mode: Keeping
) -> tuple[ObjectStore, StoredTree]:
    """Store what was made: the first time for good, unless it is only pinned."""
    output = place / OUTPUT
    if turn == 1 and mode == "copy":
        return project.objects, store_tree(project.objects, output)
    scratch = open_local(place.parent / f"objects-{turn}")
    found = store_tree(scratch, output)
    if turn == 1:
        with project.objects.batch() as batch:
            store_entries(batch, tree_entries(scratch, found.digest))
    return scratch, found


def _difference(one: ObjectStore, first: Digest, other: ObjectStore, second: Digest) -> str:
    """Name the first file that differs, and where in it."""
    old = {entry.path: entry for entry in tree_entries(one, first)}
    new = {entry.path: entry for entry in tree_entries(other, second)}
    path = min(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    name = f"{OUTPUT}/{escape(path)}"
    if path not in old or path not in new:
        return f"{name} one time only"
    if not one.has(old[path].digest):
        return f"another {name}, which was {old[path].size} bytes of {old[path].digest[:19]}"
    return f"{name} that differs from {_place(one, old[path], other, new[path])} on"


def _place(one: ObjectStore, old: Entry, other: ObjectStore, new: Entry) -> str:
    """Say where two files begin to differ: the line, if they are text."""
    first, second = one.get(old.digest), other.get(new.digest)
    shorter = min(len(first), len(second))
    at = next((n for n in range(shorter) if first[n] != second[n]), shorter)
    if b"\0" in first[:_CHUNK]:
        return f"byte {at}"
    return f"line {first[:at].count(10) + 1} (byte {at})"


def _lock() -> bytes:
    """List the packages here, a line each, as the lock of an environment does."""
    found = {f"{each.name}=={each.version}\n" for each in distributions() if each.name}
    return "".join(sorted(found)).encode()
