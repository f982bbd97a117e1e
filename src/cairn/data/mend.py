"""Mend a store: what is damaged moves aside, what is lost comes back from other copies."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cairn.core.digest import Digest
from cairn.core.errors import CairnError, NotFound
from cairn.core.request import Record
from cairn.core.snapshot import Snapshot, is_kept
from cairn.core.sweep import ListKept, WhyKept
from cairn.objects.address import is_folder, open_objects
from cairn.objects.closure import version_objects
from cairn.objects.fsck import Damage
from cairn.objects.repair import Copies, PlainFiles, bring_back, broken
from cairn.objects.tree import tree_entries
from cairn.registry import Registry

DIGEST_BYTES = 32


class Mending(Record, frozen=True):
    """What was mended: packs moved to quarantine, blobs saved from them, objects brought back.

    `lost` are objects that are needed and that no copy had, each with whom it is needed by.
    """

    quarantined: int
    saved: int
    back: tuple[Digest, ...]
    lost: dict[Digest, str]


def needed(registry: Registry) -> list[Digest]:
    """Return every object that the ledger leads to, as far as it can be followed."""
    joined, away = registry.engine.send(ListKept(incomplete=True)), _pinned(registry)
    named = (
        "sha256:" + joined[at : at + DIGEST_BYTES].hex()
        for at in range(0, len(joined), DIGEST_BYTES)
    )
    return [digest for digest in named if digest not in away]


def missing(registry: Registry) -> tuple[Digest, ...]:
    """Return the objects that a record or tree needs and that are not here."""
    wanted = needed(registry)
    here = registry.objects.have(wanted)
    return tuple(digest for digest in wanted if digest not in here)


def mend(registry: Registry, damage: Sequence[Damage], copies: Sequence[str]) -> Mending:
    """Move damaged packs aside, save what is intact in them, and bring back what is lost.

    `copies` are other stores (folders, remotes, buckets) or folders of plain files. Records
    that come back may need more, so this goes on until nothing more comes.
    """
    places = [_open(copy) for copy in copies]
    mended = registry.objects.checker().mend(damage)
    back: list[Digest] = []
    while True:
        lost = list(broken(registry.objects, needed(registry)))
        found = bring_back(registry.objects, lost, places)
        back += found.back
        if not found.back:
            break
    return Mending(
        quarantined=len(mended),
        saved=sum(each.saved for each in mended),
        back=tuple(back),
        lost={digest: registry.engine.send(WhyKept(digest=digest)) or "" for digest in lost},
    )


def _pinned(registry: Registry) -> set[Digest]:
    """Return the files that pins alone lead to: they lie elsewhere and are not missed."""
    objects = registry.objects
    away: set[Digest] = set()
    kept: list[Digest] = []
    for info in registry.snapshots():
        with suppress(CairnError):  # what cannot be read is found by itself
            if is_kept(objects.get_record(info.digest, Snapshot).source):
                kept.append(info.tree)
            else:
                away.update(entry.digest for entry in tree_entries(objects, info.tree))
    for tree in kept if away else ():
        with suppress(CairnError):
            away.difference_update(entry.digest for entry in tree_entries(objects, tree))
    for version in registry.versions() if away else ():
        with suppress(CairnError):
            away.difference_update(version_objects(objects, version.digest))
    return away


def _open(address: str) -> Copies:
    """Open another store by its folder or bucket; any other folder is one of plain files."""
    if not is_folder(address):
        return open_objects(address)
    folder = Path(address)
    if not folder.exists():
        raise NotFound(f"{address} is not there: name a store, a remote or a folder of files")
    for inner in (folder, folder / "objects", folder / ".cairn" / "objects"):
        if (inner / "packs").is_dir() or (inner / "sha256").is_dir():
            return open_objects(str(inner))
    return PlainFiles(folder)
