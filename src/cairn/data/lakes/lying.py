"""The files of a pinned table, read where they lie; each is verified before it is used."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, NotFound
from cairn.data.copies import Wanted
from cairn.objects.backends.os_errors import storing


class Lying:
    """Gives bytes by digest, as the store does for those that it keeps."""

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._wanted = {each.digest: each for each in wanted}

    def get(self, digest: Digest) -> bytes:
        """Read a file into memory; raises `NotFound` for one that is gone or changed."""
        for copy in self._wanted[digest].copies():
            with suppress(NotFound, Corrupt):
                content = b"".join(copy.chunks())
                if f"sha256:{hashlib.sha256(content).hexdigest()}" == digest:
                    return content
        raise self._lost(digest)

    def copy_to(self, digest: Digest, path: Path) -> None:
        """Copy a file; raises `NotFound` for one that is gone or changed."""
        for copy in self._wanted[digest].copies():
            with suppress(NotFound, Corrupt):
                read = hashlib.sha256()
                with storing(path), path.open("wb") as file:
                    for chunk in copy.chunks():
                        read.update(chunk)
                        file.write(chunk)
                if f"sha256:{read.hexdigest()}" == digest:
                    return
        raise self._lost(digest)

    def _lost(self, digest: Digest) -> NotFound:
        name = self._wanted[digest].path.decode("utf-8", "replace")
        return NotFound(
            f"{name} is not where it lay as it was, and this snapshot is a pin, which keeps "
            "no bytes; `cairn snapshot verify` says what is left of it"
        )
