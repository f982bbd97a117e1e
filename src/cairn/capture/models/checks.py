"""What is checked before a model becomes a version: its files, and that it comes back."""

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

from cairn.core.errors import CairnError, Invalid, Refused
from cairn.core.tree import escape
from cairn.core.version import Artifacts
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import restore_tree, tree_entries


def check_files(objects: ObjectStore, artifacts: Artifacts, checklist: Sequence[str]) -> None:
    """Raise `Refused` naming what the project's checklist asks for and the model lacks."""
    entries = tree_entries(objects, artifacts.tree)
    paths = [escape(entry.path) for entry in entries]
    missing = [
        pattern
        for pattern in checklist
        if not any(fnmatch(name, pattern) for path in paths for name in (path, _name(path)))
    ]
    if missing:
        raise Refused(
            f"the checklist in cairn.toml asks for {', '.join(missing)}, and the model has "
            f"{', '.join(paths)}; nothing was registered",
            fix="have the training script write the missing files, and run it again",
        )


def load_back(objects: ObjectStore, artifacts: Artifacts) -> None:
    """Raise `Refused` unless the stored bytes load, and predict what was recorded."""
    if artifacts.safety != "safe":
        return  # loading could run code: whoever loads it decides, with trust=True
    from cairn.flavors import files, loads_back

    if artifacts.flavor == files.name and artifacts.golden is None:
        return  # Cairn hands such files over unopened: a process of its own would open none
    with TemporaryDirectory(prefix="cairn-") as name:
        folder = Path(name)
        restore_tree(objects, artifacts.tree, folder / "model")
        if artifacts.golden is not None:
            restore_tree(objects, artifacts.golden, folder / "golden")
        golden = folder / "golden" if artifacts.golden is not None else None
        try:
            loads_back(folder / "model", golden)
        except CairnError as error:
            raise Refused(f"{error}; nothing was registered") from error


def refuse_undefined(names: Sequence[str]) -> None:
    """Raise `Invalid` naming the metrics that are not numbers."""
    if names:
        raise Invalid(
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} NaN or infinite: "
            "nothing is registered; look at the data that it was computed on"
        )


def _name(path: str) -> str:
    return path.rpartition("/")[2]
