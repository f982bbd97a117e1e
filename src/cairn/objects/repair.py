"""Bring lost objects back from wherever there is another copy."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, NotFound
from cairn.objects.store import ObjectStore, Sink

_CHUNK = 8 << 20


class Copies(Protocol):
    """Somewhere else, where objects may lie."""

    def write_to(self, digest: Digest, sink: Sink, /) -> int:
        """Copy an object, verified at its end; raises `NotFound`, `Corrupt`."""
        ...


class Brought(NamedTuple):
    """Objects that are here again, and those that no copy had."""

    back: list[Digest]
    lost: list[Digest]


class PlainFiles:
    """Files in a folder, found by their content."""

    def __init__(self, folder: Path) -> None:
        self._by_digest = {_digest_of(path): path for path in _files(folder)}

    def write_to(self, digest: Digest, sink: Sink, /) -> int:
        """Copy the file with this content; raises `NotFound`."""
        if digest not in self._by_digest:
            raise NotFound(f"no file there has the content {digest}")
        content = self._by_digest[digest].read_bytes()
        sink.write(content)
        return len(content)


def broken(objects: ObjectStore, digests: Iterable[Digest]) -> Iterator[Digest]:
    """Yield those objects that are not here or not intact; reads every byte of them."""
    for digest in digests:
        try:
            objects.check(digest)
        except CairnError:
            yield digest


def bring_back(
    objects: ObjectStore, digests: Iterable[Digest], copies: Sequence[Copies]
) -> Brought:
    """Store objects again that are lost here, from the first copy that has them intact."""
    found = Brought([], [])
    for digest in digests:
        side = found.back if _bring(objects, digest, copies) else found.lost
        side.append(digest)
    return found


def _bring(objects: ObjectStore, digest: Digest, copies: Sequence[Copies]) -> bool:
    for copy in copies:
        with tempfile.TemporaryDirectory(prefix="cairn-repair-") as folder:
            path = Path(folder) / "object"
            try:
                with path.open("xb") as file:
                    copy.write_to(digest, file)
            except CairnError:
                continue
            if objects.put_file(path)[0] == digest:
                return True
    return False


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        yield folder
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _digest_of(path: Path) -> Digest:
    read = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            read.update(chunk)
    return "sha256:" + read.hexdigest()
