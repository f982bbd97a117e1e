"""Pickle and joblib files: loaded only after a scan, and only if the caller says so.

What the scan showed is what gets loaded: while the file is read, every global that it asks for
has to be one of those that were shown. `trust=True` takes responsibility for names that the
allow-list does not know, a project's own classes for example. It does not make Cairn load

1. a stream that cannot be followed to its end, or that goes on behind it;
2. one that computes what it names or calls, or changes a class;
3. one that names what no model needs, such as `os.system` or `builtins.eval`.

Who wants that, has `pickle.load`.
"""

import io
import pickle
import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final

from cairn.core.errors import CairnError, Corrupt, Invalid, Refused
from cairn.flavors.compression import compression_of, unpack
from cairn.flavors.disk import disk_errors, write_whole
from cairn.flavors.packages import package
from cairn.flavors.pickles.scan import Scan, scan_pickle
from cairn.flavors.scan import judge_file
from cairn.flavors.scoring import score as score_any

name: Final = "pickle"
FILE = "model.pkl"
PROTOCOL = 5
"""Fixed: a newer Python must not change what is written."""

Names = frozenset[tuple[str, str]]


def handles(model: object) -> bool:
    """Tell that no model is pickled unless somebody asks for it."""
    del model
    return False


def recognises(directory: Path) -> bool:
    """Tell whether a file of the directory is a pickle, by its content."""
    return bool(_files(directory))


@disk_errors()
def save(model: object, directory: Path) -> None:
    """Write `model.pkl`; raises `Invalid` if another process could not load it."""
    kind = type(model).__qualname__
    try:
        content = pickle.dumps(model, protocol=PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise Invalid(f"this {kind} cannot be pickled: {error}") from error
    scan = scan_pickle(content)
    own = sorted(found for module, found in scan.names if module == "__main__")
    if own:
        raise Invalid(
            f"this {kind} uses {', '.join(own)} from the script itself, which no other "
            "process can import: move it to a module"
        )
    if scan.never:
        raise Invalid(f"this {kind} cannot be loaded back: {'; '.join(scan.never)}")
    write_whole(directory / FILE, content)


@disk_errors()
def load(directory: Path, *, trust: bool) -> object:
    """Load the one pickle of a directory; raises `Refused` unless the rules above allow it."""
    found = _files(directory)
    if len(found) != 1:
        listed = ", ".join(path.name for path in found) or "none"
        raise Invalid(f"{directory} must hold one pickle, and holds {listed}")
    file = found[0].name
    content = _plain(found[0])
    scan = scan_pickle(content)
    _refuse(file, scan, trust=trust)
    try:
        with looking_up(scan.names):
            return _load(content, scan.form)
    except CairnError:
        raise
    except Exception as error:  # the pickle's own code may raise anything
        raise Refused(
            f"{file} cannot be loaded here: {type(error).__name__}: {error}",
            fix="install the versions that `cairn show VERSION` names under environment",
        ) from error


def score(model: object, inputs: Any, *, method: str) -> Any:
    """Predict one row of an array for each row of `inputs`."""
    return score_any(model, inputs, method=method)


def _refuse(file: str, scan: Scan, *, trust: bool) -> None:
    if scan.never:
        raise Refused(
            f"{file} is not loaded, trusted or not: {'; '.join(scan.verdict.reasons)}",
            fix="do not load it; ask whoever made it for a safe format",
        )
    if not trust:
        raise Refused(
            f"{file} is a {scan.form} file, and loading it can run code: "
            f"{'; '.join(scan.verdict.reasons)}",
            fix="if you know who made it: load it with trust=True; better: save it with Cairn",
        )


def _load(content: bytes, form: str) -> object:
    if form == "joblib":
        return package("joblib").load(io.BytesIO(content))
    return pickle.loads(content)  # noqa: S301 (scanned, trusted by the caller, and watched)


def _files(directory: Path) -> list[Path]:
    """List the pickles right in the directory, compressed ones too."""
    return [
        path for path in sorted(directory.iterdir()) if path.is_file() and _is_pickle(path)
    ]


def _is_pickle(path: Path) -> bool:
    return judge_file(path).format.partition("+")[0] in ("pickle", "joblib")


def _plain(path: Path) -> bytes:
    content = path.read_bytes()
    kind = compression_of(content)
    try:
        return unpack(content, kind) if kind else content
    except Corrupt as error:
        raise Corrupt(f"{path.name}: {error}") from error


_wanted: ContextVar[Names | None] = ContextVar("wanted", default=None)


@contextmanager
def looking_up(names: Names) -> Generator[None]:
    """While this lasts, whatever unpickles in this thread may look up these names only."""
    _watch()
    before = _wanted.set(names)
    try:
        yield
    finally:
        _wanted.reset(before)


@cache
def _watch() -> None:
    """Have the interpreter report lookups; it can not be told to stop, so it is told once."""
    sys.addaudithook(_check_lookup)


def _check_lookup(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "pickle.find_class":
        return
    names = _wanted.get()
    if names is not None and tuple(arguments) not in names:
        raise Refused(
            f"the pickle looks up {'.'.join(arguments)}, which its scan did not show"
        )
