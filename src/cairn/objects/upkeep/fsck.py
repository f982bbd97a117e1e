"""Look at everything that lies in a backend, and mend what can be mended.

Quick looks at sizes and at the index in each pack; full reads every byte; a sample reads some
packs. Nothing is ever changed in place: what is damaged is moved to `quarantine/`, after every
blob of it that is intact has been stored again.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from cairn.core.errors import CairnError, Corrupt, NotFound
from cairn.objects.backends.backend import Backend, Found
from cairn.objects.packs.blob import HEADER, Cipher, Row
from cairn.objects.packs.pack import UNDER, PackWriter, check_pack, read_pack
from cairn.objects.packs.salvage import salvage

LOOSE, QUARANTINE = "sha256/", "quarantine/"
_LOOSE = re.compile(r"sha256/([0-9a-f]{2})/([0-9a-f]{62})")
_PACK = re.compile(r"packs/[0-9a-f]{64}")
_CHUNK = 8 << 20

Depth = Literal["quick", "full", "sample"]
Progress = Callable[[int, int, int, int], None]
"""Told after each: packs done, bytes done, packs in all, bytes in all."""


class Damage(NamedTuple):
    """Something that is not as it was written, and where people find it."""

    key: str
    where: str
    reason: str


class Checked(NamedTuple):
    """What was looked at: packs and objects of their own, their bytes, bytes read, damage."""

    packs: int
    size: int
    read: int
    damage: list[Damage]


class Mended(NamedTuple):
    """What became of a damaged pack: blobs stored again, and those known to be lost."""

    key: str
    saved: int
    lost: int


class Checker:
    """Looks at a backend."""

    def __init__(self, backend: Backend, cipher: Cipher | None = None) -> None:
        self._backend = backend
        self._cipher = cipher

    def check(
        self,
        depth: Depth,
        *,
        share: float = 0.0,
        seed: int = 0,
        on_progress: Progress | None = None,
    ) -> Checked:
        """Look at every pack: its index, and every byte of all or of a random `share`."""
        lying = list(self._lying())
        dice = random.Random(seed)  # noqa: S311 (which packs to read, no secret)
        size, read, seen = sum(found.size for found in lying), 0, 0
        damage: list[Damage] = []
        for done, found in enumerate(lying, 1):
            whole = depth == "full" or (depth == "sample" and dice.random() < share)
            read += found.size if whole else 0
            damage += self._damage(found, whole=whole)
            seen += found.size
            if on_progress:
                on_progress(done, seen, len(lying), size)
        return Checked(len(lying), size, read, damage)

    def mend(self, damage: Sequence[Damage]) -> list[Mended]:
        """Store again what is intact in damaged packs, and move these to quarantine."""
        return [self._mend(each) for each in damage]

    def _lying(self) -> Iterator[Found]:
        for found in self._backend.list(UNDER):
            if _PACK.fullmatch(found.key):
                yield found
        for found in self._backend.list(LOOSE):
            if _LOOSE.fullmatch(found.key):
                yield found

    def _damage(self, found: Found, *, whole: bool) -> Iterator[Damage]:
        try:
            if found.key.startswith(LOOSE):
                if whole:
                    self._check_loose(found.key)
                return
            name = found.key.removeprefix(UNDER)
            read_pack(self._backend, name, found.size)
            if whole:
                check_pack(self._backend, name)
        except NotFound:
            return  # a sweep removed it meanwhile
        except CairnError as error:
            yield Damage(found.key, self._backend.where(found.key), str(error))

    def _check_loose(self, key: str) -> None:
        name = key.removeprefix(LOOSE).replace("/", "")
        found, place = hashlib.sha256(), 0
        while chunk := self._backend.read(key, place, _CHUNK):
            found.update(chunk)
            place += len(chunk)
        if found.hexdigest() != name:
            raise Corrupt(f"its {place} bytes are not those of object sha256:{name}")

    def _mend(self, damage: Damage) -> Mended:
        content = self._backend.read(damage.key)
        saved, known = 0, 0
        if damage.key.startswith(UNDER):
            rows = list(salvage(content, self._cipher))
            known = _known(self._backend, damage.key, len(content))
            saved = self._store_again(rows, content)
        self._place(QUARANTINE + damage.key.rpartition("/")[2], content)
        self._backend.remove(damage.key)
        return Mended(damage.key, saved, max(known - saved, 0))

    def _store_again(self, rows: Sequence[Row], content: bytes) -> int:
        if not rows:
            return 0
        writer = PackWriter(self._backend.receive(), self._cipher, salted=True)
        try:
            for row in rows:
                writer.add_stored(row, content[row.offset + HEADER.size : row.end])
            pack = writer.finish()
            writer.place(pack)
        finally:
            writer.discard()
        self._backend.settle({pack.key})
        return len(pack.rows)

    def _place(self, key: str, content: bytes) -> None:
        incoming = self._backend.receive()
        try:
            incoming.write(content)
            incoming.end()
            incoming.seal()
            incoming.place(key)
        finally:
            incoming.discard()
        self._backend.settle({key})


def _known(backend: Backend, key: str, size: int) -> int:
    """Count the blobs that a pack should have; 0 if its index does not say."""
    try:
        return len(read_pack(backend, key.removeprefix(UNDER), size).rows)
    except CairnError:
        return 0
