"""The files of a pin, read where they lie; each is verified before it is used."""

import hashlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, NotFound, Unavailable
from cairn.data.copies import Copy, Wanted
from cairn.objects.backends.os_errors import storing


class Lying:
    """Gives bytes by digest, as the store does for those that it keeps."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._wanted = {each.digest: each for each in wanted}
        self._silence: Unavailable | None = None

    def get(self, digest: Digest) -> bytes:
        """Read a file into memory; raises `NotFound` for one that is gone or changed."""
        for copy in self._copies(digest):
            with self._answering():
                content = b"".join(copy.chunks())
                if f"sha256:{hashlib.sha256(content).hexdigest()}" == digest:
                    return content
        raise self._lost(digest)

    def copy_to(self, digest: Digest, path: Path) -> None:
        """Copy a file; raises `NotFound` for one that is gone or changed."""
        for copy in self._copies(digest):
            with self._answering():
                read = hashlib.sha256()
                with storing(path), path.open("wb") as file:
                    for chunk in copy.chunks():
                        read.update(chunk)
                        file.write(chunk)
                if f"sha256:{read.hexdigest()}" == digest:
                    return
        raise self._lost(digest)

    def read_range(self, digest: Digest, start: int, size: int) -> bytes:
        """Read some bytes as they lie now, to see what kind of file it is: not verified."""
        for copy in self._copies(digest):
            with self._answering():
                found = bytearray()
                for chunk in copy.chunks():
                    found += chunk
                    if len(found) >= start + size:
                        break
                return bytes(found[start : start + size])
        raise self._lost(digest)

    def _copies(self, digest: Digest) -> Iterable[Copy]:
        """Say where a file may lie; a place that did not answer is not asked again."""
        if self._silence is not None:
            raise self._silence
        return self._wanted[digest].copies()

    @contextmanager
    def _answering(self) -> Generator[None]:
        try:
            yield
        except (NotFound, Corrupt):
            return
        except Unavailable as error:
            self._silence = error
            raise

    def _lost(self, digest: Digest) -> NotFound:
        name = self._wanted[digest].path.decode("utf-8", "replace")
        return NotFound(
            f"{name} is not where it lay as it was, and this snapshot is a pin, which keeps "
            "no bytes; `cairn snapshot verify` says what is left of it"
        )
