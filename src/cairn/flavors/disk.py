"""Files written whole or not at all, and a sentence for a disk that does not answer."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from cairn.core.errors import Unavailable


@contextmanager
def disk_errors() -> Generator[None]:
    """Turn the disk's errors into `Unavailable`, naming the file."""
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error)
        raise Unavailable(f"{error.filename or 'a file'} cannot be used: {what}") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name first, so that nobody finds half of it."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise
