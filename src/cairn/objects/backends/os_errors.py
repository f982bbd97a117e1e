"""What the operating system says, translated into Cairn's errors at the edge."""

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from cairn.core.errors import CairnError, NotFound, Unavailable

_WRITING = {
    errno.ENOSPC: "free some space there and run this again",
    errno.EDQUOT: "free some space there and run this again",
    errno.EFBIG: "raise the limit on file sizes and run this again",
    errno.EROFS: "make the disk writable and run this again",
    errno.EACCES: "check who may write there and run this again",
    errno.EPERM: "check who may write there and run this again",
    errno.EMFILE: "raise the limit on open files and run this again",
    errno.EIO: "check the disk before you trust it again",
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "name a folder, not a file",
    errno.ENOTEMPTY: "name a new or empty folder",
    errno.EBUSY: "name a folder that nothing else uses",
    errno.ENAMETOOLONG: "name a place that takes such names",
}
_READING = {
    errno.ELOOP: "its symbolic links lead in a circle, so name the file or folder itself",
    errno.EACCES: "check who may read it and run this again",
    errno.EPERM: "check who may read it and run this again",
    errno.EMFILE: "raise the limit on open files and run this again",
    errno.EIO: "check the disk before you trust it again",
}


def storing(where: Path) -> AbstractContextManager[None]:
    """Raise `Unavailable` in one sentence if `where` cannot be written."""
    return _Translated(partial(_unwritable, where))


def reading(name: str) -> AbstractContextManager[None]:
    """Raise `NotFound` or `Unavailable` in one sentence if the file `name` cannot be read."""
    return _Translated(partial(unreadable, name))


class _Translated:
    """A class and no generator: a snapshot enters several for every file."""

    def __init__(self, translate: Callable[[OSError], CairnError]) -> None:
        self._translate = translate

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise what an error of the system means."""
        if isinstance(error, OSError):
            raise self._translate(error) from error


def _unwritable(where: Path, error: OSError) -> CairnError:
    advice = _WRITING.get(error.errno or 0, "nothing was recorded; run this again")
    return Unavailable(f"cannot write to {where}: {_reason(error)}; {advice}")


def unreadable(name: str, error: OSError) -> CairnError:
    """Say in one sentence why the file `name` cannot be read."""
    if isinstance(error, FileNotFoundError):
        return NotFound(f"{name} is not there: check the path, and that nothing removes files")
    advice = _READING.get(error.errno or 0, "run this again")
    return Unavailable(f"cannot read {name}: {_reason(error)}; {advice}")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
