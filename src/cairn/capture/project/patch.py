"""Uncommitted changes as a patch, and back: commit plus patch is the exact working tree.

1. The patch holds the bytes on disk, not those that git would commit after its filters and
   line-end rules; `restore` writes them back as they are.
2. It is made in a throw-away repository that borrows the objects of the real one: nothing is
   written there, and neither its configuration nor the user's changes the result.
"""

import os
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cairn.capture.project.git import Checkout
from cairn.capture.project.sources import LeftOut, Taken, take
from cairn.core.errors import CairnError, Conflict, Corrupt, NotFound, Unavailable
from cairn.core.run import Code, Gap
from cairn.core.tree import escape
from cairn.data.git import run_git
from cairn.objects import ObjectStore

_ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_DIFF = (
    *("diff", "--binary", "--full-index", "--no-renames", "--no-color", "--no-ext-diff"),
    *("--no-textconv", "--diff-algorithm=myers", "--unified=3", "--ignore-submodules=all"),
)
_RAW = ("diff", "--raw", "-z", "--no-renames", "--cached", "--abbrev=64", "HEAD")
_PLAIN = ("-c", "core.autocrlf=false", "-c", "core.eol=lf", "-c", "core.hooksPath=/dev/null")

_GONE = b"000000"
_PRINTABLE = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')


@dataclass(frozen=True)
class Frozen:
    """The uncommitted files of a checkout as they were, by raw path, and what was left out.

    `secrets` stand in what was left out, each with the words for that place.
    """

    files: Mapping[bytes, Taken]
    gaps: Mapping[bytes, Gap]
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])


def freeze(checkout: Checkout, *, outside: Collection[Path] = ()) -> Frozen:
    """Read every uncommitted source into memory; the folders `outside` are not looked at."""
    files: dict[bytes, Taken] = {}
    gaps: dict[bytes, Gap] = {}
    secrets: dict[str, str] = {}
    skipped = [os.fsencode(folder.resolve()) + b"/" for folder in outside]
    top = os.fsencode(checkout.folder) + b"/"
    for paths, tracked in ((checkout.changed, True), (checkout.untracked, False)):
        for path in paths:
            if any((top + path).startswith(folder) for folder in skipped):
                continue
            found = take(checkout.folder, path, tracked=tracked)
            if isinstance(found, LeftOut):
                gaps[path] = found.gap
                secrets |= dict.fromkeys(found.secrets, escape(path))
            elif found is not None:
                files[path] = found
    return Frozen(files=files, gaps=gaps, secrets=secrets)


def make_patch(
    checkout: Checkout, frozen: Frozen, *, without: Collection[bytes] = ()
) -> bytes | None:
    """Write the changes as a patch that `git apply` takes; None if there are none.

    Equal changes give equal bytes, wherever the repository lies. Paths in `without` are left
    as the commit has them. Raises `Unavailable` if git cannot make it.
    """
    wanted = {path: taken for path, taken in frozen.files.items() if path not in without}
    if not wanted:
        return None
    with tempfile.TemporaryDirectory(prefix="cairn-patch-") as name:
        scratch = Path(name)
        _borrow_objects(scratch, checkout)
        stream = _stream(checkout.commit, wanted)
        run_git(("fast-import", "--quiet"), scratch, given=stream, variables=_ALONE)
        ends = (checkout.commit, "refs/heads/frozen")
        patch = run_git((*_DIFF, *ends), scratch, variables=_ALONE)
    return patch or None


def restore(repository: Path, code: Code, into: Path, *, objects: ObjectStore) -> None:
    """Put the exact files of `code` into the folder `into`, a repository of its own.

    `into` must be absent or empty; it is there as a whole or not at all. What was uncommitted
    is uncommitted again. Raises `NotFound` if `repository` lacks the commit.
    """
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise Conflict(f"{into} is not empty: name a folder that does not exist yet")
    patch = objects.get(code.patch) if code.patch else None
    into.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{into.name}.", dir=into.parent))
    try:
        _check_out(repository.resolve(), code, unfinished)
        if patch is not None:
            _apply(patch, unfinished)
        unfinished.chmod(0o755)
        unfinished.replace(into)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _borrow_objects(scratch: Path, checkout: Checkout) -> None:
    """Lay out an empty repository by hand whose objects are those of the checkout."""
    found = run_git(("rev-parse", "--git-path", "objects"), checkout.folder)
    borrowed = checkout.folder / os.fsdecode(found.removesuffix(b"\n"))
    (scratch / "objects" / "info").mkdir(parents=True)
    (scratch / "refs").mkdir()
    (scratch / "HEAD").write_text("ref: refs/heads/none\n")
    quoted = _quote(os.fsencode(borrowed.resolve()))
    (scratch / "objects" / "info" / "alternates").write_bytes(quoted + b"\n")
    is_sha256 = len(checkout.commit) == 64  # noqa: PLR2004 (hexadecimal digits of SHA-256)
    extension = "[extensions]\n\tobjectFormat = sha256\n" if is_sha256 else ""
    version = 1 if is_sha256 else 0
    (scratch / "config").write_text(
        f"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n{extension}"
    )


def _stream(commit: str, wanted: Mapping[bytes, Taken]) -> bytes:
    """Write the changed tree as `git fast-import` reads it, deletions first."""
    blobs: list[bytes] = []
    deleted: list[bytes] = []
    written: list[bytes] = []
    for mark, (path, taken) in enumerate(sorted(wanted.items()), start=1):
        deleted.append(b"D %s\n" % _quote(path))
        if taken.mode is not None:
            blobs.append(b"blob\nmark :%d\n%s" % (mark, _data(taken.content)))
            written.append(b"M %s :%d %s\n" % (taken.mode, mark, _quote(path)))
    head = b"commit refs/heads/frozen\ncommitter cairn <cairn> 0 +0000\n" + _data(b"")
    return b"".join([*blobs, head, b"from %s\n" % commit.encode(), *deleted, *written])


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quote(path: bytes) -> bytes:
    """Quote as git does: octal for everything that is not a plain character."""
    plain = (bytes([b]) if b in _PRINTABLE else b"\\%03o" % b for b in path)
    return b'"' + b"".join(plain) + b'"'


def _check_out(repository: Path, code: Code, folder: Path) -> None:
    kind = "sha256" if len(code.commit) == 64 else "sha1"  # noqa: PLR2004 (hexadecimal digits)
    run_git(("init", "--quiet", "--template=", f"--object-format={kind}"), folder)
    try:
        run_git(
            ("fetch", "--quiet", "--no-tags", "--depth=1", str(repository), code.commit),
            folder,
        )
    except Unavailable as error:
        raise NotFound(f"{repository} has no commit {code.commit[:12]}: {error}") from error
    if code.remote is not None:
        run_git(("remote", "add", "origin", code.remote), folder)
    run_git((*_PLAIN, "checkout", "--quiet", "--detach", code.commit), folder)


def _apply(patch: bytes, folder: Path) -> None:
    """Apply to the index, then write the raw bytes: no filter may change them on the way."""
    try:
        run_git(("apply", "--cached", "--whitespace=nowarn", "-"), folder, given=patch)
        rows = run_git(_RAW, folder).split(b"\0")
        pairs = zip(rows[::2], rows[1::2], strict=False)
        changed = [(*row.split(b" ")[1:4:2], path) for row, path in pairs]
        contents = _contents([blob for mode, blob, _ in changed if mode != _GONE], folder)
        for mode, blob, path in changed:
            _write(folder / os.fsdecode(path), mode, contents.get(blob, b""))
        run_git(("reset", "--quiet"), folder)
    except CairnError as error:
        raise Corrupt(f"the patch does not fit its commit: {error}") from error


def _contents(blobs: Sequence[bytes], folder: Path) -> dict[bytes, bytes]:
    """Read blobs by their ids in one process."""
    output = run_git(("cat-file", "--batch"), folder, given=b"\n".join(blobs))
    found: dict[bytes, bytes] = {}
    place = 0
    for blob in blobs:
        head = output.index(b"\n", place)
        size = int(output[place:head].rpartition(b" ")[2])
        found[blob] = output[head + 1 : head + 1 + size]
        place = head + size + 2
    return found


def _write(place: Path, mode: bytes, content: bytes) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    with suppress(FileNotFoundError, NotADirectoryError):
        place.unlink()
    if mode == _GONE:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if mode == b"120000":
        place.symlink_to(os.fsdecode(content))
        return
    place.write_bytes(content)
    place.chmod(0o755 if mode == b"100755" else 0o644)
