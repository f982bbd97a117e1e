"""Carry out a sweep: bury, repack, revive and remove packs, as `sweep.py` decides.

Whatever is killed half-way leaves more than is needed, never less: bytes are copied, verified
and durable before the pack that they came from gets its tomb, and a pack goes before its tomb.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from cairn.core.errors import Corrupt, NotFound
from cairn.core.sweep import Act, Going, PackFate, Sweep
from cairn.objects.backends.backend import Backend, Found
from cairn.objects.packs import lease
from cairn.objects.packs.blob import (
    HEADER,
    OBJECT,
    PIECE,
    RECIPE,
    Cipher,
    Row,
    names,
    read_blob,
    read_recipe,
)
from cairn.objects.packs.index import TOMBS
from cairn.objects.packs.index_file import ID_BYTES
from cairn.objects.packs.pack import PACK_BYTES, UNDER, PackWriter, read_pack, read_stored
from cairn.objects.upkeep.sweep import Ages, Fate, Lying, decide

LOOSE = "sha256/"
_LOOSE = re.compile(r"sha256/([0-9a-f]{2})/([0-9a-f]{62})")
_PACK = re.compile(r"packs/[0-9a-f]{64}")


class Blob(NamedTuple):
    """An object or recipe that nothing needs: its id where that is public, size, and pack."""

    id: bytes | None
    size: int
    key: str


class Survey(NamedTuple):
    """What lies in a backend and what becomes of it."""

    fates: list[Fate]
    going: list[Blob]
    kept: int
    kept_bytes: int

    def told(self) -> Sweep:
        """Return it as a record."""
        acts: dict[str, Act] = {fate.key: fate.act for fate in self.fates}
        return Sweep(
            packs=tuple(
                PackFate(
                    key=fate.key,
                    size_bytes=fate.size,
                    act=fate.act,
                    why=fate.why,
                    dead_bytes=fate.dead_bytes,
                )
                for fate in self.fates
            ),
            going=tuple(
                Going(
                    digest=None if blob.id is None else "sha256:" + blob.id.hex(),
                    size_bytes=blob.size,
                    key=blob.key,
                    act=acts[blob.key],
                )
                for blob in self.going
            ),
            kept=self.kept,
            kept_bytes=self.kept_bytes,
        )


class Reclaimer:
    """Looks at everything in a backend once, decides, and carries it out."""

    def __init__(self, backend: Backend, cipher: Cipher | None = None) -> None:
        self._backend = backend
        self._cipher = cipher
        self._rows: dict[str, list[Row]] = {}

    def survey(self, kept: Callable[[], bytes], *, now: float, ages: Ages) -> Survey:
        """Decide for each pack; `kept` returns the SHA-256 of objects that must stay, joined.

        Raises `Corrupt` if a pack cannot be read: what is in it may be needed.
        """
        # Leases first: a writer that ends after this has its references looked up after it.
        oldest = min(lease.taken(self._backend, now), default=None)
        joined = kept()
        stay = (joined[at : at + ID_BYTES] for at in range(0, len(joined), ID_BYTES))
        lying = list(self._lying())
        needed = self._needed(stay)
        fates = decide(lying, needed, now=now, oldest_lease=oldest, ages=ages)
        going, stays = self._sorted(needed)
        return Survey(fates, going, len(stays), sum(stays.values()))

    def carry_out(self, fates: Sequence[Fate], *, now: float) -> None:
        """Do what was decided.

        Raises `Corrupt` if bytes that are to be copied, or those that make a copy needless,
        are damaged; nothing is removed then that was not removed before.
        """
        self._repack([fate for fate in fates if fate.act == "repack"])
        for fate in fates:
            if fate.act in ("bury", "repack"):
                self._bury(fate)
            elif fate.act == "revive":
                self._backend.remove(_tomb(fate.key))
        removed = [fate for fate in fates if fate.act == "remove"]
        self._require_elsewhere(removed, fates)
        for fate in removed:
            self._backend.remove(fate.key)
            self._backend.remove(_tomb(fate.key))
        self._remove_stray_tombs()
        lease.remove_expired(self._backend, now)

    def _lying(self) -> Iterator[Lying]:
        tombs = {found.key: found.modified for found in self._backend.list(TOMBS)}
        for found in self._backend.list(UNDER):
            if _PACK.fullmatch(found.key):
                yield self._look(found, self._read(found), tombs.get(_tomb(found.key)))
        for found in self._backend.list(LOOSE):
            if match := _LOOSE.fullmatch(found.key):
                id_ = bytes.fromhex(match[1] + match[2])
                row = Row(id_, 0, found.size, found.size, OBJECT, 0)
                yield self._look(found, [row], tombs.get(_tomb(found.key)))

    def _read(self, found: Found) -> list[Row]:
        name = found.key.removeprefix(UNDER)
        try:
            return read_pack(self._backend, name, found.size).rows
        except NotFound:
            return []  # another sweep removed it
        except Corrupt as error:
            raise Corrupt(
                f"{self._backend.where(found.key)}: {error}; nothing is removed while a pack "
                "cannot be read: run `cairn fsck`"
            ) from error

    def _look(self, found: Found, rows: list[Row], tomb: float | None) -> Lying:
        self._rows[found.key] = rows
        blobs = {row.id: row.stored + HEADER.size for row in rows}
        return Lying(found.key, found.size, found.modified, tomb, blobs)

    def _needed(self, kept: Iterable[bytes]) -> set[bytes]:
        """Return the ids, as they stand in packs, of objects that stay and of their pieces."""
        needed = {name for id_ in kept for name in names(id_, self._cipher)}
        pieces: set[bytes] = set()
        for key, rows in self._rows.items():
            for row in rows:
                if row.kind == RECIPE and row.id in needed:
                    recipe = read_recipe(self._content(key, row))
                    pieces.update(
                        name
                        for piece, _ in recipe.pieces
                        for name in names(piece, self._cipher)
                    )
        return needed | pieces

    def _sorted(self, needed: AbstractSet[bytes]) -> tuple[list[Blob], dict[bytes, int]]:
        """Tell objects that nothing needs from those that stay, with their sizes."""
        going: dict[bytes, Blob] = {}
        stays: dict[bytes, int] = {}
        for key, rows in self._rows.items():
            for row in rows:
                if row.kind == PIECE:
                    continue
                size = row.raw
                if row.kind == RECIPE and not row.is_encrypted:
                    size = read_recipe(self._content(key, row)).size
                if row.id in needed:
                    stays[row.id] = size
                else:
                    going[row.id] = Blob(None if row.is_encrypted else row.id, size, key)
        return list(going.values()), stays

    def _content(self, key: str, row: Row) -> bytes:
        """Read a blob, verified; raises `Corrupt` naming where it lies."""
        if not key.startswith(UNDER):
            return self._backend.read(key)
        try:
            stored = read_stored(self._backend, key.removeprefix(UNDER), row)
            return read_blob(row, stored, self._cipher)
        except Corrupt as error:
            raise Corrupt(
                f"{self._backend.where(key)}: {error}; nothing is removed while bytes that "
                "are needed are damaged: run `cairn fsck`"
            ) from error

    def _repack(self, fates: Sequence[Fate]) -> None:
        """Copy what is live in packs into new ones, durably."""
        placed: set[str] = set()
        writer: PackWriter | None = None
        try:
            for fate in fates:
                for row in self._live(fate):
                    writer = writer or PackWriter(
                        self._backend.receive(), self._cipher, salted=True
                    )
                    self._content(fate.key, row)
                    stored = read_stored(self._backend, fate.key.removeprefix(UNDER), row)
                    writer.add_stored(row, stored[HEADER.size :])
                    if writer.size >= PACK_BYTES:
                        placed.add(_placed(writer))
                        writer = None
            if writer is not None:
                placed.add(_placed(writer))
                writer = None
        finally:
            if writer is not None:
                writer.discard()
        self._backend.settle(placed)

    def _live(self, fate: Fate) -> Iterator[Row]:
        live = set(fate.live)
        ordered = sorted(self._rows[fate.key], key=lambda row: row.offset)
        return (row for row in ordered if row.id in live)

    def _bury(self, fate: Fate) -> None:
        key = _tomb(fate.key)
        incoming = self._backend.receive()
        try:
            incoming.write(json.dumps({"cairn": "tomb/1", "why": fate.why}).encode())
            incoming.end()
            incoming.seal()
            incoming.place(key)
        finally:
            incoming.discard()
        self._backend.settle({key})

    def _require_elsewhere(self, removed: Sequence[Fate], fates: Sequence[Fate]) -> None:
        """Read the copies for whose sake packs with needed blobs may go."""
        dead = {row.id for fate in removed for row in self._rows[fate.key]}
        for fate in fates:
            if fate.act == "keep" and not dead.isdisjoint(fate.live):
                for row in self._live(fate):
                    if row.id in dead:
                        self._content(fate.key, row)

    def _remove_stray_tombs(self) -> None:
        """Remove tombs of packs that are gone; a sweep that was killed leaves some."""
        expected = {_tomb(key) for key in self._rows}
        for found in list(self._backend.list(TOMBS)):
            name = found.key.removeprefix(TOMBS)
            beside = (UNDER + name, f"{LOOSE}{name[:2]}/{name[2:]}")
            if found.key not in expected and not any(map(self._backend.exists, beside)):
                self._backend.remove(found.key)


def _placed(writer: PackWriter) -> str:
    pack = writer.finish()
    writer.place(pack)
    return pack.key


def _tomb(key: str) -> str:
    """Return the key of the tomb of a pack, or of an object that lies by itself."""
    return TOMBS + key.removeprefix(UNDER).removeprefix(LOOSE).replace("/", "")
