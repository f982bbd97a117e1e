"""Files of a table in a lake: of this machine, or in a bucket, by their path in a tree.

A file lies under the table's location nearly always. One that lies elsewhere has its whole
address as its path in the tree, below `ELSEWHERE`, so that it can be found again.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from cairn.core.errors import CairnError, Corrupt, Invalid, NotFound
from cairn.core.snapshot import DeltaTable, IcebergTable, Keeping
from cairn.core.tree import Entry, check_path
from cairn.core.words import of_all
from cairn.data.buckets.bucket import bucket_copy, is_bucket
from cairn.data.copies import Copy, Fault, Wanted, local_copy, take
from cairn.objects import ObjectStore
from cairn.objects.folders.tree import Progress, StoredTree, store_entries

ELSEWHERE = "_elsewhere"
SHOWN = 5
_HAS, _ARE = ("has", "have"), ("is", "are")
_ALIASES = {"s3a": "s3", "s3n": "s3", "abfs": "az", "abfss": "az"}


class Listed(NamedTuple):
    """A file that a table lists: its address, and its size if the table tells."""

    address: str
    size: int | None = None


def plain(address: str) -> str:
    """Spell an address as Cairn reads it: a path of this machine, or `s3://bucket/key`."""
    scheme, separator, rest = address.partition(":")
    if not separator or "/" in scheme:
        return address
    if scheme == "file":
        return unquote(urlsplit(address).path)
    return f"{_ALIASES.get(scheme, scheme)}:{rest}"


def literal(address: str) -> str:
    """Spell an address in which nothing is encoded, as those in Iceberg's metadata are."""
    if not address.startswith("file:"):
        return plain(address)
    rest = address.removeprefix("file:")
    return f"/{rest[2:].partition('/')[2]}" if rest.startswith("//") else rest


def copy_at(address: str) -> Copy:
    """Describe the file at an address; raises `Invalid` for one that cannot be read."""
    if "://" not in address:
        return local_copy(address)
    if not is_bucket(address):
        raise Invalid(f"{address} cannot be read: Cairn reads folders, s3://, gs:// and az://")
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    return bucket_copy(f"{scheme}://{bucket}", key)


def tree_path(address: str, location: str) -> bytes:
    """Give a file its path in a tree, which leads back to its address."""
    inside = f"{location.rstrip('/')}/"
    if address.startswith(inside):
        path = address.removeprefix(inside)
    else:
        scheme, separator, rest = address.partition("://")
        name = f"{scheme}/{rest}" if separator else f"file{address}"
        path = f"{ELSEWHERE}/{name}"
    return check_path(os.fsencode(path))


def address_of(path: bytes, location: str) -> str:
    """Undo `tree_path`."""
    name = os.fsdecode(path)
    if not name.startswith(f"{ELSEWHERE}/"):
        return f"{location.rstrip('/')}/{name}"
    scheme, _, rest = name.removeprefix(f"{ELSEWHERE}/").partition("/")
    return f"/{rest}" if scheme == "file" else f"{scheme}://{rest}"


def take_files(
    objects: ObjectStore,
    files: Iterable[Listed],
    location: str,
    *,
    mode: Keeping,
    on_progress: Progress | None = None,
) -> StoredTree:
    """Read the files of a table, store them if they are to be kept, and store their tree.

    Raises `NotFound` for files that are gone and `Corrupt` for those that are not as the
    table lists them, before anything refers to them.
    """
    wanted = sorted(
        Wanted(tree_path(f.address, location), partial(_one, f.address), f.size) for f in files
    )
    entries: list[Entry] = []
    faults: list[Fault] = []
    with objects.batch() as batch:
        for count, each in enumerate(wanted, 1):
            found = take(each, batch if mode == "copy" else None)
            if isinstance(found, Fault):
                faults.append(found)
                continue
            entries.append(found.entry)
            if on_progress:
                on_progress(count, sum(e.size for e in entries[-1:]), len(wanted), 0)
        if faults:
            raise lacking(location, faults, files=len(wanted))
        return store_entries(batch, entries)


def locate_files(
    source: DeltaTable | IcebergTable, folder: Path
) -> "partial[Iterator[Wanted]]":
    """Return what says where the files of a pinned table lie."""
    location = source.location
    if "://" not in location:
        location = str((folder / location).resolve())
    return partial(_located, location)


def lacking(
    location: str,
    faults: Sequence[Fault],
    *,
    files: int,
    listed: str = "size that the table lists",
) -> CairnError:
    """Say which files of a table cannot be had; `listed` is what they were compared with."""
    corrupt = [fault for fault in faults if fault.kind == "corrupt"]
    shown = corrupt or faults
    names = ", ".join(fault.path for fault in shown[:SHOWN])
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    if corrupt:
        return Corrupt(
            f"{location}: {of_all(len(corrupt), files, 'file', _HAS)} not the {listed} "
            f"({names}{more}): they were cut short or replaced; restore them there"
        )
    return NotFound(
        f"{location}: {of_all(len(faults), files, 'file', _ARE)} gone from this version "
        f"({names}{more}): the table was vacuumed or its snapshots expired; name a newer one"
    )


def _one(address: str) -> tuple[Copy, ...]:
    return (copy_at(address),)


def _located(location: str, entries: Sequence[Entry]) -> Iterator[Wanted]:
    for entry in entries:
        address = address_of(entry.path, location)
        yield Wanted(entry.path, partial(_one, address), size=entry.size, digest=entry.digest)
