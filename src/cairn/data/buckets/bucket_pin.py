"""Objects of a bucket, pinned by their versions: read for their digests, and not copied.

A bucket that keeps versions never changes the bytes of one. An object without a version is
refused: what it holds may be others' tomorrow.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from cairn.core.errors import Conflict, Invalid, Refused
from cairn.core.snapshot import BucketVersions, Sampling, SnapshotInfo
from cairn.core.tree import FILE, Entry, check_path
from cairn.data.buckets.bucket import listed_files, version_chunks, version_of
from cairn.data.copies import Copy, Wanted
from cairn.data.files import check_name, record_snapshot
from cairn.objects.backends.backend import Found
from cairn.objects.folders.stored_tree import Progress, store_entries
from cairn.project import Project

READERS = 8
"""Objects that are asked for at a time: most of the time one waits for the cloud."""
MOST_OBJECTS = 100_000
"""Their versions stand in one record."""


class _Read(NamedTuple):
    entry: Entry
    version: str


def pin_bucket(
    project: Project,
    address: str,
    *,
    name: str | None = None,
    sampling: Sampling | None = None,
    on_progress: Progress | None = None,
) -> SnapshotInfo:
    """Pin everything under an address such as `s3://bucket/prefix`.

    Raises `Invalid` if nothing lies there, `Refused` for an object that has no version,
    `Conflict` if one changes meanwhile, and what the cloud raises.
    """
    check_name(name)
    if not address.startswith("s3://"):
        raise Invalid("only objects of S3 are pinned by their versions: leave out --pin")
    files = listed_files(address)
    if not files:
        raise Invalid(f"nothing lies under {address}: check the bucket and the prefix")
    if len(files) > MOST_OBJECTS:
        raise Invalid(
            f"{address} has {len(files):,} objects, and {MOST_OBJECTS:,} can be pinned at "
            "once: name a longer prefix, or copy them (leave out --pin)"
        )
    total = sum(file.size for file in files)
    found: list[_Read] = []
    with ThreadPoolExecutor(READERS) as readers:
        for read in readers.map(partial(_read, address), files):
            found.append(read)
            if on_progress:
                size = sum(each.entry.size for each in found[-1:])
                on_progress(len(found), size, len(files), total)
    with project.objects.batch() as batch:
        tree = store_entries(batch, [each.entry for each in found])
    source = BucketVersions(
        tree=tree.digest,
        mode="pin",
        location=address.partition("?")[0],
        versions=tuple(each.version for each in found),
    )
    return record_snapshot(
        project, source, origin=source.location, name=name, sampling=sampling
    )


def locate_versions(source: BucketVersions) -> "partial[Iterator[Wanted]]":
    """Return what says where the objects of a pin lie."""
    return partial(_located, source)


def _read(address: str, file: Found) -> _Read:
    key, version = file.key, version_of(address, file.key)
    if not version:
        raise Refused(
            f"{address}/{key} has no version, so other bytes may lie there tomorrow",
            fix="turn on versioning for the bucket and write the objects again\n"
            "or copy them: leave out `--pin`",
        )
    sha, size = hashlib.sha256(), 0
    for chunk in version_chunks(address, key, version):
        sha.update(chunk)
        size += len(chunk)
    if size != file.size:
        raise Conflict(
            f"{address}/{key} changed while it was pinned: it was listed with {file.size} "
            f"bytes and has {size}; run this again"
        )
    path = check_path(os.fsencode(key))
    return _Read(Entry(path, FILE, size, f"sha256:{sha.hexdigest()}"), version)


def _located(source: BucketVersions, entries: Sequence[Entry]) -> Iterator[Wanted]:
    for entry, version in zip(entries, source.versions, strict=True):
        key = os.fsdecode(entry.path)
        copies = partial(_copies, source.location, key, version)
        yield Wanted(entry.path, copies, size=entry.size, digest=entry.digest)


def _copies(location: str, key: str, version: str) -> tuple[Copy, ...]:
    name = f"{location}/{key}?versionId={version}"
    return (Copy(name, partial(version_chunks, location, key, version)),)
