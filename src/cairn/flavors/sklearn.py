"""Scikit-learn estimators, stored by skops: no pickle, a named allow-list, one spelling.

A file is judged before anything of it is restored: each name against the allow-list, each
index that compiled code would follow blindly against its bounds. What skops reads then are the
judged bytes, packed again here. No more is promised: a safe file runs no code of its author,
but its predictions can be nonsense.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cairn.core.errors import CairnError, Corrupt, Invalid, Refused
from cairn.flavors import allowed
from cairn.flavors.disk import disk_errors, write_whole
from cairn.flavors.light_skops import naming_what_is_trusted
from cairn.flavors.packages import package
from cairn.flavors.scoring import score as score_any
from cairn.flavors.skops.audit import check_sparse, listed, unlisted
from cairn.flavors.skops.bounds import check_bounds
from cairn.flavors.skops.form import archive_bytes, canonical_archive
from cairn.flavors.skops.memory import dumped, restored
from cairn.flavors.skops.nodes import SCHEMA, Archive, read_archive
from cairn.flavors.skops.trees import check_trees

name: Final = "sklearn"
FILE = "model.skops"


def handles(model: object) -> bool:
    """Tell whether the model is a scikit-learn estimator on the allow-list."""
    kind = type(model)
    return (kind.__module__, kind.__qualname__) in allowed.estimators()


def recognises(directory: Path) -> bool:
    """Tell whether a file of the directory is one of skops, by its content."""
    return bool(_files(directory))


@disk_errors()
def save(model: object, directory: Path) -> None:
    """Write `model.skops`; equal models give equal bytes.

    Raises `Invalid` naming what the model holds that has no safe spelling, or if the model
    would not come back as it is.
    """
    archive = _spelled(model)
    if _spelled(_come_back(archive)) != archive:
        raise Invalid(
            f"this {type(model).__qualname__} does not come back from skops as it is: "
            "write it to a file yourself and register that file"
        )
    write_whole(directory / FILE, archive_bytes(archive))


@disk_errors()
def load(directory: Path, *, trust: bool) -> object:
    """Restore the one skops file of a directory.

    Raises `Refused` naming the types outside the allow-list unless `trust`, and `Corrupt`,
    trust or not, for a file that can be read in two ways or whose indices lead nowhere.
    """
    found = _files(directory)
    if len(found) != 1:
        listed = ", ".join(path.name for path in found) or "none"
        raise Invalid(f"{directory} must hold one skops file, and holds {listed}")
    return load_bytes(found[0].read_bytes(), found[0].name, trust=trust)


def score(model: object, inputs: Any, *, method: str) -> Any:
    """Predict one row of an array for each row of `inputs`."""
    return score_any(model, inputs, method=method)


def model_bytes(model: object) -> bytes:
    """Spell a model; raises `Invalid` naming what it holds that has no safe spelling."""
    return archive_bytes(_spelled(model))


def _spelled(model: object) -> Archive:
    kind = type(model).__qualname__
    try:
        archive = canonical_archive(dumped(model))
    except (CairnError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Invalid(f"this {kind} cannot be stored by skops: {error}") from error
    foreign = unlisted(archive.schema)
    if foreign:
        raise Invalid(
            f"this {kind} holds {', '.join(foreign)}, which Cairn's allow-list does not name: "
            "leave it out, or write the model to a pickle yourself and register that file "
            "(it loads only with trust=True)"
        )
    return archive


def load_bytes(content: bytes, file: str, *, trust: bool) -> object:
    """Restore a model from the bytes of a skops file; `file` names it in errors."""
    try:
        archive = read_archive(content)
        foreign = unlisted(archive.schema)
        if foreign and not trust:
            raise Refused(
                f"{file} holds {', '.join(foreign)}, which Cairn's allow-list does not name",
                fix="if you know who made it: load it with trust=True",
            )
        _check(archive)
        model = _restore_trusted(content) if foreign else _restore(canonical_archive(archive))
        check_bounds(model)
    except Corrupt as error:
        raise Corrupt(f"{file}: {error}") from error
    return model


def _come_back(archive: Archive) -> object:
    """Restore what was spelled just now, as `load_bytes` would."""
    _check(archive)
    model = _restore(archive)
    check_bounds(model)
    return model


def _check(archive: Archive) -> None:
    check_trees(archive)
    check_sparse(archive.schema, archive.members)


def _restore(archive: Archive) -> object:
    """Let skops read what was judged: the archive spelled again, not the bytes that came."""
    return _read(lambda: restored(archive, listed(archive.schema)))


def _restore_trusted(content: bytes) -> object:
    skops = package("skops.io")
    trusted = skops.get_untrusted_types(data=content)
    return _read(lambda: skops.loads(content, trusted=trusted))


def _read(load: Callable[[], object]) -> object:
    try:
        with naming_what_is_trusted():
            return load()
    except CairnError:
        raise
    except Exception as error:  # whatever a constructor may raise at odd content
        version = package("sklearn").__version__
        raise Refused(
            f"scikit-learn {version} cannot restore this model: {error!r}",
            fix="install the versions that `cairn show VERSION` names under environment",
        ) from error


def _files(directory: Path) -> list[Path]:
    return [path for path in sorted(directory.iterdir()) if path.is_file() and _is_skops(path)]


def _is_skops(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return SCHEMA in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
