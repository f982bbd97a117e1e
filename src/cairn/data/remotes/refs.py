"""A remote: a store of objects in a folder or bucket, with refs beside them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cairn.config import Settings, cache_folder
from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Corrupt, Invalid, NotFound
from cairn.core.ledger import Entry, InclusionProof
from cairn.core.transfer import REFS, AnyRef, Ref, proven, read_key
from cairn.objects import ObjectStore
from cairn.objects.address import is_folder, open_objects
from cairn.signing import note

DEFAULT = "origin"
REF_BYTES = 1 << 20
"""An entry of 64 KiB at most, spelled as JSON, and its proof."""
MOST_REFS, MOST_BYTES = 250_000, 512 << 20
"""How many refs are listed, and how many bytes of them may be read."""


class Remote:
    """Objects and refs at one address; refs are written once and believed when proven."""

    def __init__(self, address: str, objects: ObjectStore) -> None:
        self.address = address
        self.objects = objects
        self._backend = objects.reader.backend
        self._read: dict[AnyRef, tuple[Entry, str]] = {}

    def refs(self) -> frozenset[AnyRef]:
        """List what is there, by name; raises `Corrupt` for a name that is none."""
        return frozenset(map(read_key, self.listed()))

    def listed(self, under: str = REFS) -> Iterator[str]:
        """Yield where refs lie, unread; raises `Corrupt` for more than anybody writes.

        `under` is another folder of small files, which has the same limits.
        """
        count = size = 0
        for found in self._backend.list(under):
            count, size = count + 1, size + found.size
            if count > MOST_REFS or size > MOST_BYTES:
                raise Corrupt(
                    f"{self.address} has more than {MOST_REFS:,} {under.rstrip('/')} or "
                    f"{MOST_BYTES >> 20} MiB of them, and none of them was read: find out who "
                    "writes there"
                )
            yield found.key

    def read(self, ref: AnyRef) -> tuple[Entry, str]:
        """Read the entry that a ref proves, and the public key of its ledger.

        Raises `Corrupt` unless the entry is of that ledger and about this very thing.
        """
        if ref not in self._read:
            self._read[ref] = self._proven(ref)
        return self._read[ref]

    def write(self, ref: AnyRef, log: str, proof: InclusionProof) -> None:
        """Write a ref durably, unless it is there."""
        self.place(ref.key, canonical(Ref(log=log, proof=proof)))

    def place(self, key: str, content: bytes) -> None:
        """Write a small file durably, unless one is there."""
        incoming = self._backend.receive()
        try:
            incoming.write(content)
            incoming.end()
            incoming.seal()
            incoming.place(key)
        finally:
            incoming.discard()

    def settle(self, keys: Iterable[str]) -> None:
        """See that what was written outlives a power cut."""
        self._backend.settle(frozenset(keys))

    def _proven(self, ref: AnyRef) -> tuple[Entry, str]:
        if (size := self._backend.size(ref.key)) > REF_BYTES:
            where = self._backend.where(ref.key)
            raise Corrupt(
                f"{where} has {size} bytes, and no ref has more than {REF_BYTES}; nothing was "
                "recorded here"
            )
        content = self._backend.read(ref.key)
        try:
            found = from_canonical(content, Ref)
            checkpoint = note.verify(found.proof.checkpoint.note, found.log)
            return proven(ref.key, found, checkpoint), found.log
        except (Corrupt, Invalid) as error:
            where = self._backend.where(ref.key)
            raise Corrupt(
                f"{where} is damaged or forged: {error}; this record is not believed"
            ) from error


def open_remote(settings: Settings, remote: str | None, *, to_write: bool) -> Remote:
    """Open a remote by its name in `cairn.toml`, its folder or its bucket.

    A folder to write to is made when something is written, if the one above it is there.
    Raises `NotFound` if there is none, and `Invalid` for a folder that is a project or a store
    of its own.
    """
    address = _address(settings, remote)
    objects = open_objects(address, caches=cache_folder())
    if is_folder(address):
        _check_folder(Path(objects.reader.backend.where("")), to_write=to_write)
    return Remote(address, objects)


def _address(settings: Settings, remote: str | None) -> str:
    """Return the address that is meant; a folder in `cairn.toml` is one beside that file."""
    found = settings.remotes.get(remote or DEFAULT)
    if found is not None:
        relative = is_folder(found) and "://" not in found
        return os.fspath(settings.folder / Path(found).expanduser()) if relative else found
    if remote is None:
        raise NotFound(
            "cairn.toml names no remote: write [remote] and "
            f'{DEFAULT} = "/mnt/share/models", or name a folder or bucket in the command'
        )
    if not any(mark in remote for mark in "/.~"):
        known = ", ".join(sorted(settings.remotes)) or "none"
        raise NotFound(
            f"cairn.toml names no remote {remote!r} (it names {known}); a folder is written "
            f"with a slash: ./{remote}"
        )
    return remote


def _check_folder(folder: Path, *, to_write: bool) -> None:
    if any((folder / name).exists() for name in ("store.json", "cairn.toml", "cairn.db")):
        raise Invalid(
            f"{folder} is a project or a store of its own: name a folder for remotes alone"
        )
    if not folder.is_dir() and not (to_write and folder.parent.is_dir()):
        raise NotFound(
            f"there is no folder {folder}: check its name and whether its disk is mounted"
            + (", or make it first" if to_write else "")
        )
