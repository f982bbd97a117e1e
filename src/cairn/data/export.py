"""Write a version to a folder or bucket for use elsewhere: files, sidecars, `SHA256SUMS`.

Create-only: the same version again changes nothing, and what lies there with other content is
never replaced. In a folder a version appears whole; in a bucket `SHA256SUMS` comes last.
"""

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cairn.core import export as rules
from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Conflict, Invalid, NotFound
from cairn.core.export import Exported
from cairn.core.reserved import check_free
from cairn.core.tree import SYMLINK, Entry, escape
from cairn.core.version import Version
from cairn.objects.address import is_folder, open_backend
from cairn.objects.backends.backend import Backend
from cairn.objects.backends.os_errors import reading, storing
from cairn.objects.backends.sync import make_folder, sync_folder
from cairn.objects.folders.restore import restore_entries
from cairn.objects.folders.tree import tree_entries
from cairn.objects.source import CHUNK
from cairn.project import Project


def export_to(project: Project, version: Version, address: str) -> Exported:
    """Write a version below a folder or bucket, by its path or address."""
    if "://" not in address:
        return export(project, version, Path(address))
    backend = open_backend(address)
    if is_folder(address):
        return export(project, version, Path(backend.where("")))
    return export_to_bucket(project, version, backend, name=address.partition("?")[0])


def export(project: Project, version: Version, root: Path) -> Exported:
    """Write a version below the folder `root`, verified: all of it or nothing.

    Raises `Refused` if something else lies there, `Invalid` if its files cannot be written
    beside what an export adds.
    """
    entries, added = _wanted(project, version)
    folder = root / rules.place(version)
    with _made(folder.parent.absolute(), root):
        is_new = not os.path.lexists(folder) and _write(project, entries, added, folder)
    if not is_new:
        with reading(str(folder)):
            rules.require_same(str(folder), _digests(entries, added), dict(_in_folder(folder)))
    return Exported(str(folder), _names(entries), is_new)


def export_to_bucket(
    project: Project, version: Version, backend: Backend, *, name: str
) -> Exported:
    """Write a version below a bucket, each object once; an interrupted export goes on.

    `name` is what people call the bucket: `s3://models/`. Raises what `export` raises.
    """
    entries, added = _wanted(project, version)
    keys = {path: _key(version, path) for path in _digests(entries, added)}
    if links := [entry.path for entry in entries if entry.mode == SYMLINK]:
        raise Invalid(f"{escape(links[0])} is a symbolic link, and a bucket has none")
    wanted = _digests(entries, added)
    there = _in_bucket(backend, rules.place(version) + "/")
    missing = wanted.keys() - there.keys()
    where = f"{name.rstrip('/')}/{rules.place(version)}"
    rules.require_same(where, wanted, {**wanted, **there})
    for path in sorted(missing, key=lambda path: (path == rules.SUMS, path)):
        _place(project, backend, keys[path], added.get(path) or wanted[path])
    backend.settle({keys[path] for path in missing})
    return Exported(where, _names(entries), bool(missing))


def _wanted(
    project: Project, version: Version
) -> tuple[tuple[Entry, ...], dict[bytes, bytes]]:
    """Return a version's own files and links, and the content of the files beside them."""
    artifacts = version.manifest.artifacts
    if artifacts is None:
        raise NotFound(f"{version.name} has no files to export")
    entries = tuple(tree_entries(project.objects, artifacts.tree))
    for entry in entries:
        check_free(entry.path)
    files = {entry.path: entry.digest for entry in entries if entry.mode != SYMLINK}
    return entries, rules.added_files(version, files)


def _digests(entries: Iterable[Entry], added: dict[bytes, bytes]) -> dict[bytes, Digest]:
    contents = {path: digest_bytes(content) for path, content in added.items()}
    return {**{entry.path: entry.digest for entry in entries}, **contents}


def _names(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(escape(entry.path) for entry in entries)


@contextmanager
def _made(folder: Path, root: Path) -> Generator[None]:
    """Make a folder and those above it; take the new ones away again if what follows fails."""
    missing = [at for at in (folder, *folder.parents) if not os.path.lexists(at)]
    with storing(root):
        make_folder(folder)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # others wrote there meanwhile
            for at in missing:
                at.rmdir()
        raise


def _write(
    project: Project, entries: Iterable[Entry], added: dict[bytes, bytes], folder: Path
) -> bool:
    """Let a folder appear whole; False if somebody else was first."""
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.partial")
    try:
        restore_entries(project.objects, entries, beside)
        with storing(folder):
            for path, content in added.items():
                _write_file(beside / os.fsdecode(path), content)
            for inner in {(beside / os.fsdecode(path)).parent for path in added}:
                sync_folder(inner)
            with suppress(FileExistsError):
                return _rename(beside, folder)
            return False
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write_file(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _rename(beside: Path, folder: Path) -> bool:
    """Give a folder its name, unless there is something; raises `FileExistsError` then."""
    try:
        beside.rename(folder)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.ENOTDIR):
            raise FileExistsError from error
        raise
    sync_folder(folder.parent)
    return True


def _in_folder(folder: Path) -> Iterator[tuple[bytes, Digest]]:
    """Read everything that lies in a folder; what is neither file nor link has no digest."""
    top = os.fsencode(folder)
    for at, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = os.path.join(at, name)  # noqa: PTH118 (raw bytes)
            about = os.lstat(path)
            if not stat.S_ISDIR(about.st_mode):
                yield path[len(top) + 1 :], _digest_at(path, about.st_mode)


def _digest_at(path: bytes, mode: int) -> Digest:
    if stat.S_ISLNK(mode):
        return digest_bytes(os.readlink(path))  # noqa: PTH115 (raw bytes)
    if not stat.S_ISREG(mode):
        return ""
    with open(path, "rb") as file:  # noqa: PTH123 (raw bytes)
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _in_bucket(backend: Backend, prefix: str) -> dict[bytes, Digest]:
    """Say what lies in a bucket: every byte is read, whatever a checksum file says of it."""
    return {
        os.fsencode(key.removeprefix(prefix)): _digest_in(backend, key)
        for key, _, _ in backend.list(prefix)
    }


def _digest_in(backend: Backend, key: str) -> Digest:
    read, place = hashlib.sha256(), 0
    while content := backend.read(key, place, CHUNK):
        read.update(content)
        place += len(content)
    return "sha256:" + read.hexdigest()


def _place(project: Project, backend: Backend, key: str, content: bytes | Digest) -> None:
    """Place bytes, or an object that is verified on its way, under a key that is free."""
    incoming = backend.receive()
    try:
        if isinstance(content, bytes):
            incoming.write(content)
        else:
            project.objects.write_to(content, incoming)
        incoming.end()
        incoming.seal()
        if not incoming.place(key):
            raise Conflict(f"somebody else writes to {backend.where(key)}: run this again")
    finally:
        incoming.discard()


def _key(version: Version, path: bytes) -> str:
    try:
        return f"{rules.place(version)}/{path.decode()}"
    except UnicodeDecodeError as error:
        raise Invalid(
            f"{escape(path)} cannot be a name in a bucket: it is not UTF-8"
        ) from error
