"""What the operating system says, translated into Cairn's errors at the edge."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cairn.core.errors import Invalid, NotFound, Unavailable

_ADVICE = {
    errno.ENOSPC: "free some space there and run this again",
    errno.EDQUOT: "free some space there and run this again",
    errno.EFBIG: "raise the limit on file sizes and run this again",
    errno.EROFS: "make the disk writable and run this again",
    errno.EACCES: "check who may write there and run this again",
    errno.EPERM: "check who may write there and run this again",
    errno.EMFILE: "raise the limit on open files and run this again",
    errno.EIO: "check the disk (dmesg) before you trust it again",
}


@contextmanager
def storing(where: Path) -> Generator[None, None, None]:
    """Raise `Unavailable` in one sentence if `where` cannot be written."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "nothing was recorded; run this again")
        raise Unavailable(f"cannot write to {where}: {_reason(error)}; {advice}") from error


@contextmanager
def reading(name: str) -> Generator[None, None, None]:
    """Raise `NotFound` or `Unavailable` in one sentence if the file `name` cannot be read."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(
            f"{name} is not there (any more): check the path, and that nothing else is "
            "writing to the folder"
        ) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Invalid(
                f"{name} is a loop of symbolic links: name a file or folder"
            ) from error
        raise Unavailable(
            f"cannot read {name}: {_reason(error)}; make it readable or leave it out"
        ) from error


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
