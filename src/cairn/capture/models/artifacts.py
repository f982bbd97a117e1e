"""The files of a saved model: its safe copy with golden predictions, or the script's own."""

import shutil
from collections.abc import Collection, Sequence
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cairn.capture.events import Saved
from cairn.capture.gaps import clipped_gap
from cairn.capture.secret_files import held_below
from cairn.capture.touched import place_of
from cairn.core.digest import Digest
from cairn.core.errors import CairnError
from cairn.core.run import Gap
from cairn.core.secret import Known
from cairn.core.version import Artifacts, Signature
from cairn.data.whole import require_whole
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import restore_tree, store_tree, tree_entries

LONGEST_REASON = 2000


class Stored(NamedTuple):
    """A model's stored files, what it takes and gives, and what could not be had."""

    artifacts: Artifacts | None
    signature: Signature | None
    gaps: tuple[Gap, ...]


def store_saved(
    objects: ObjectStore,
    saved: Saved,
    *,
    room: Path,
    outputs: Collection[Path],
    checklist: Sequence[str],
    known: Known,
) -> Stored:
    """Store a model that a run saved, unless a secret stands in it.

    Outputs of the run that the checklist names are put beside it: a schema, a vocabulary.
    """
    if saved.folder is None:
        return _store_own_file(objects, saved, known)
    folder = room / "models" / saved.folder
    for output in outputs:
        if any(fnmatch(output.name, pattern) for pattern in checklist):
            shutil.copy(output, folder / "files" / output.name)
    if held := held_below(folder / "files", known):
        return Stored(None, _signature(saved), (_secret_gap(held),))
    golden = folder / "golden"
    held = held_below(golden, known)
    has_golden = (golden / "golden.json").is_file() and not held
    why = held or saved.golden_reason or "they are unfinished"
    gaps = () if has_golden else (_golden_gap(why),)
    artifacts = store_files(objects, folder / "files", golden=golden if has_golden else None)
    return Stored(artifacts, _signature(saved), gaps)


def store_files(objects: ObjectStore, folder: Path, *, golden: Path | None) -> Artifacts:
    """Judge and store a folder of weights."""
    tree = store_tree(objects, folder).digest
    return _judged(objects, folder, tree=tree, golden=golden)


def store_path(objects: ObjectStore, path: Path) -> Artifacts:
    """Store weights that lie on disk, a folder or one file, and judge what was stored.

    What is judged comes back from the store, so a file that changes meanwhile is not judged
    by other bytes than it is kept with. Raises what `store_tree` and `require_whole` raise.
    """
    tree = store_tree(objects, path).digest
    require_whole(objects, tree_entries(objects, tree), path)
    with TemporaryDirectory(prefix="cairn-") as folder:
        restore_tree(objects, tree, Path(folder) / "weights")
        return _judged(objects, Path(folder) / "weights", tree=tree, golden=None)


def _judged(
    objects: ObjectStore, folder: Path, *, tree: Digest, golden: Path | None
) -> Artifacts:
    from cairn import flavors  # not before there is a model

    inspection = flavors.inspect(folder)
    return Artifacts(
        tree=tree,
        flavor=flavors.flavor_in(folder).name,
        safety=inspection.safety,
        formats=inspection.formats,
        reasons=tuple(reason[:LONGEST_REASON] for reason in inspection.reasons),
        golden=store_tree(objects, golden).digest if golden else None,
    )


def no_golden() -> Gap:
    """Say that nothing tells whether a model that came as files still predicts alike."""
    return _golden_gap("it was registered from its files")


def _store_own_file(objects: ObjectStore, saved: Saved, known: Known) -> Stored:
    """Store the file that the script wrote; only the format of a library needs no excuse."""
    gaps = [_main_gap(saved.main)] if saved.main else []
    if saved.reason and not gaps:
        gaps = [
            clipped_gap(
                "artifacts",
                f"no copy of the model in a safe format could be made: {saved.reason}",
                fix="install cairn-ml where the script runs, or save it in a safe format",
            )
        ]
    path = place_of(saved.path) if saved.path else None
    if path is None or not path.is_file():
        return Stored(None, _signature(saved), tuple(gaps))
    if held := held_below(path, known):
        return Stored(None, _signature(saved), (*gaps, _secret_gap(held)))
    try:
        artifacts = store_path(objects, path)
    except CairnError as error:
        gaps.append(clipped_gap("artifacts", str(error)))
        return Stored(None, _signature(saved), tuple(gaps))
    return Stored(artifacts, _signature(saved), (*gaps, no_golden()))


def _main_gap(names: Sequence[str]) -> Gap:
    """Say that a model's file needs what only its script defines."""
    listed = ", ".join(names)
    is_, them = ("is", "it") if len(names) == 1 else ("are", "them")
    return clipped_gap(
        "artifacts",
        f"{listed} {is_} defined in the script itself (__main__): nobody else can load this "
        "file, trusted or not",
        fix=f"put {listed} into a module of the project, import {them} in the script, and run "
        "it again",
    )


def _secret_gap(held: str) -> Gap:
    return clipped_gap(
        "artifacts",
        f"the model is not kept: {held}",
        fix="save it without the secret, and run it again",
    )


def _golden_gap(why: str) -> Gap:
    return clipped_gap(
        "golden",
        f"there are no golden predictions to check the model by: {why}",
        fix="save the model under `cairn run`, in the process that fitted it",
    )


def _signature(saved: Saved) -> Signature | None:
    if not saved.inputs:
        return None
    return Signature(inputs=saved.inputs, outputs=((saved.method or "predict", "float64"),))
