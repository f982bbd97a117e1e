"""Files of a lakeFS commit: a branch is resolved to its commit, which never changes."""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from cairn import config
from cairn.core.errors import Invalid, NotFound
from cairn.core.snapshot import Keeping, LakeFSCommit, SnapshotInfo
from cairn.core.tree import Entry, check_path
from cairn.data.copies import Copy, Fault, Taken, Wanted, take
from cairn.data.files import check_name, record_snapshot
from cairn.data.lakes.files import lacking
from cairn.data.lakes.lakefs_api import LakeFS, Login
from cairn.objects import Batch
from cairn.objects.folders.tree import Progress, store_entries
from cairn.project import Project

_log = logging.getLogger(__name__)
_MD5 = re.compile(r"[0-9a-f]{32}")
"""A checksum that can be compared; of a file sent in parts lakeFS has another kind."""


class Reference(NamedTuple):
    """What stands in `lakefs://repository/reference/path`."""

    repository: str
    reference: str
    path: str


class Commit(NamedTuple):
    """The files of one commit, and the server that has them."""

    server: LakeFS
    repository: str
    commit: str
    presign: bool

    def copies(self, path: str) -> tuple[Copy, ...]:
        """Say where an object lies."""
        name = f"lakefs://{self.repository}/{self.commit[:12]}/{path}"
        read = partial(self.server.read, self.repository, self.commit, path)
        return (Copy(name, partial(read, presign=self.presign)),)


def snapshot_lakefs(
    project: Project,
    reference: Reference,
    *,
    name: str | None = None,
    mode: Keeping = "copy",
    on_progress: Progress | None = None,
) -> SnapshotInfo:
    """Freeze the files under a path of one commit; `path` may be one object.

    A branch or tag is resolved, and the commit is what is recorded. Raises `NotFound` for no
    such repository, reference or path, `Forbidden` and `Unavailable` for the server.
    """
    check_name(name)
    login = login_here()
    server = LakeFS(login)
    at = server.commit(reference.repository, reference.reference)
    commit = Commit(server, reference.repository, at, server.presigns())
    place = f"lakefs://{reference.repository}/{at[:12]}"
    wanted = _listed(commit, reference.path)
    with project.objects.batch() as batch:
        keep = batch if mode == "copy" else None
        taken = _taken(wanted, keep, place, on_progress)
        stored = store_entries(batch, [each.entry for each in taken])
    source = LakeFSCommit(
        tree=stored.digest,
        mode=mode,
        location=login.endpoint,
        repository=reference.repository,
        commit=at,
        path=reference.path,
    )
    origin = f"lakefs://{reference.repository}/{at}/{reference.path}"
    if reference.reference != at:
        origin += f" (was {reference.reference})"
    return record_snapshot(project, source, origin=origin, name=name)


def _taken(
    wanted: Sequence[Wanted], keep: Batch | None, place: str, on_progress: Progress | None
) -> list[Taken]:
    """Read every object, and keep it if asked to; raises for those that are not as listed.

    Where not one checksum is the MD5 of its file, the storage has others: S3 does where it
    encrypts with keys of KMS, and lakeFS passes them on. Then sizes alone are compared.
    """
    taken, faults = _read(wanted, keep, on_progress)
    checked = {each.path: each for each in wanted if each.md5}
    if faults and checked and not any(each.entry.path in checked for each in taken):
        _log.warning(
            "%s: no checksum that lakeFS lists is the MD5 of its file, as where storage "
            "encrypts with KMS: what was read was compared with the listed sizes alone",
            place,
        )
        bare = [each._replace(md5="") for each in checked.values()]
        again, faults = _read(bare, keep, on_progress)
        taken = sorted([*taken, *again], key=lambda each: each.entry.path)
    if faults:
        listed = "size and checksum that lakeFS lists"
        raise lacking(place, faults, files=len(wanted), listed=listed)
    return taken


def _read(
    wanted: Sequence[Wanted], keep: Batch | None, on_progress: Progress | None
) -> tuple[list[Taken], list[Fault]]:
    taken: list[Taken] = []
    faults: list[Fault] = []
    for count, each in enumerate(wanted, 1):
        found = take(each, keep)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            taken.append(found)
        if on_progress:
            on_progress(count, sum(t.entry.size for t in taken[-1:]), len(wanted), 0)
    return taken, faults


def read_reference(text: str) -> Reference:
    """Read what stands behind `lakefs://`: repository, reference, and a path if there is one.

    Raises `Invalid` if one of the first two is missing.
    """
    repository, _, rest = text.partition("/")
    reference, _, path = rest.partition("/")
    if not repository or not reference:
        raise Invalid(
            f"lakefs://{text} names no commit: write lakefs://REPOSITORY/COMMIT/PATH, with a "
            "branch, a tag or a commit's id for COMMIT"
        )
    return Reference(repository, reference, path)


def locate_objects(source: LakeFSCommit) -> "partial[Iterator[Wanted]]":
    """Return what says where the objects of a pinned commit lie."""
    login = login_here()._replace(endpoint=source.location)
    server = LakeFS(login)
    commit = Commit(server, source.repository, source.commit, server.presigns())
    return partial(_located, commit, source.path)


def login_here() -> Login:
    """Read the server and the credentials from the environment, as `lakectl` names them."""
    found = config.lakefs_login()
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise Invalid(f"set {' and '.join(missing)} in the environment to read from lakeFS")
    endpoint, key, secret = found.values()
    if not endpoint.startswith(("http://", "https://")) or "@" in endpoint:
        raise Invalid(
            "LAKECTL_SERVER_ENDPOINT_URL must be an address such as https://lakefs.example.com"
        )
    return Login(endpoint.rstrip("/").removesuffix("/api/v1"), key, secret)


def _listed(commit: Commit, path: str) -> list[Wanted]:
    """List the objects under a path: those in the folder, or the one object of this name."""
    found = [
        stats
        for stats in commit.server.objects(commit.repository, commit.commit, path)
        if _is_under(stats.path, path)
    ]
    if not found:
        raise NotFound(
            f"lakeFS has no objects under {path or '/'!r} in commit {commit.commit[:12]} of "
            f"{commit.repository}"
        )
    wanted = [
        Wanted(
            _inside(each.path, path),
            partial(commit.copies, each.path),
            each.size,
            md5=each.checksum if _MD5.fullmatch(each.checksum) else "",
        )
        for each in found
    ]
    return sorted(wanted, key=lambda each: each.path)


def _is_under(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith(f"{prefix.rstrip('/')}/")


def _inside(path: str, prefix: str) -> bytes:
    """Name an object within the snapshot: below the path that was asked for."""
    name = path.rpartition("/")[2] if path == prefix else path[len(prefix.rstrip("/")) :]
    return check_path(os.fsencode(name.removeprefix("/")))


def _located(commit: Commit, prefix: str, entries: Sequence[Entry]) -> Iterator[Wanted]:
    is_one = len(entries) == 1 and os.fsdecode(entries[0].path) == prefix.rpartition("/")[2]
    for entry in entries:
        inside = f"{prefix.rstrip('/')}/{os.fsdecode(entry.path)}".removeprefix("/")
        path = prefix if is_one else inside
        yield Wanted(
            entry.path, partial(commit.copies, path), size=entry.size, digest=entry.digest
        )
