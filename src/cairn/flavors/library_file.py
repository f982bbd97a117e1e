"""The one file of a folder that a model's own library wrote: found, judged, then read."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from cairn.core.errors import CairnError, Corrupt, Invalid, Refused
from cairn.flavors.scan import judge_file

START = 64

Starts = Callable[[bytes], bool]
"""Tells a library's files by their first bytes."""


def files_of(directory: Path, starts: Starts) -> list[Path]:
    """List the files right in a directory that begin as the library's do."""
    return [
        path for path in sorted(directory.iterdir()) if path.is_file() and starts(_start(path))
    ]


def read_judged(directory: Path, starts: Starts, *, trust: bool) -> tuple[str, bytes]:
    """Read the one file of a library; returns its name and its bytes.

    Raises `Refused` for one that is not safe unless `trust`, and `Invalid` if there are none
    or several.
    """
    found = files_of(directory, starts)
    if len(found) != 1:
        listed = ", ".join(path.name for path in found) or "none"
        raise Invalid(f"{directory} must hold one file of this kind, and holds {listed}")
    (path,) = found
    verdict = judge_file(path)
    if verdict.safety != "safe" and not trust:
        raise Refused(
            f"{path.name} is not shown to be safe: {'; '.join(verdict.reasons)}",
            fix="if you know who made it: load it with trust=True",
        )
    return path.name, path.read_bytes()


@contextmanager
def reading(file: str, library: str) -> Generator[None]:
    """Turn whatever a library raises at odd content into `Corrupt`, naming the file."""
    try:
        yield
    except Corrupt as error:
        raise Corrupt(f"{file}: {error}") from error
    except CairnError:
        raise
    except Exception as error:  # each library has errors of its own
        said = str(error).strip().splitlines()
        why = said[0] if said else type(error).__name__
        raise Corrupt(f"{file}: {library} cannot read it: {why}") from error


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(START)
