"""Which code is it: commit, branch, remote and what differs from the commit, as git sees it.

A clean checkout costs two processes, one for the status and one for the configuration. What
git cannot say is a gap with a sentence, never an error: training goes on without it.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cairn.core.errors import Unavailable
from cairn.core.run import Gap
from cairn.core.secret import strip_login
from cairn.core.tree import escape
from cairn.data.git import find_top, run_git, without_filters

_STATUS = (
    *("status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--ahead-behind"),
    *("--untracked-files=all", "--ignored=matching", "--ignore-submodules=none"),
)
_KEYS = r"^(remote|branch|filter)\..*|^core\.(autocrlf|eol)$"
_CONFIG = ("config", "-z", "--get-regexp", _KEYS)
NO_COMMIT = "the repository has no commit yet"
LATER = "a run can be registered after it: `cairn register run:...`"
_CONVERTS = re.compile(rb"(?m)^[^#\n]*\b(text|eol|crlf)\b")


@dataclass(frozen=True)
class Checkout:
    """A repository's working tree as it stood.

    Paths are raw bytes, relative to `folder`, the top of the working tree. `changed` are those
    of the commit that differ from it (gone ones too) or are staged, `untracked` the others;
    `unseen` are ignored paths and foreign repositories, with a slash behind folders.
    """

    folder: Path
    commit: str
    branch: str | None
    remote: str | None
    changed: tuple[bytes, ...] = ()
    untracked: tuple[bytes, ...] = ()
    unseen: tuple[bytes, ...] = ()
    submodules: Mapping[str, str] | None = None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class _Status:
    commit: str
    branch: str | None
    changed: tuple[bytes, ...]
    untracked: tuple[bytes, ...]
    unseen: tuple[bytes, ...]
    dirty_submodules: tuple[bytes, ...]


def observe(folder: Path) -> Checkout | Gap:
    """Look at the repository that `folder` lies in, or say why its commit is unknown."""
    top = find_top(folder.resolve())
    if top is None:
        return _gap(
            f"{folder.resolve().name or folder} is not inside a git repository",
            f"run `git init`, and commit the training code; {LATER}",
        )
    try:
        config = _read_config(run_git(_CONFIG, top, allowed=(0, 1)))
        unfiltered = without_filters(config)
        status = _read_status(run_git(_STATUS, top, variables=unfiltered))
        return _checkout(top, status, config)
    except Unavailable as error:
        return _unanswered(str(error), top)


def _unanswered(why: str, top: Path) -> Gap:
    """Say what git complains about, and what ends the complaint."""
    if "dubious ownership" in why:
        return _gap(
            f"git does not read the repository at {top}, which belongs to somebody else",
            f"`git config --global --add safe.directory {top}`, and train again",
        )
    if why == NO_COMMIT:
        return _gap(why, "commit the training code (`git add . && git commit`); " + LATER)
    return _gap(why, "make `git status` work here, and train again")


def _read_status(output: bytes) -> _Status:
    heads: dict[str, str] = {}
    changed: list[bytes] = []
    dirty: list[bytes] = []
    others: dict[bytes, list[bytes]] = {b"?": [], b"!": []}
    for row in output.split(b"\0"):
        kind = row[:1]
        if kind == b"#":
            name, _, value = row[2:].partition(b" ")
            heads[name.decode()] = value.decode(errors="surrogateescape")
        elif kind in (b"1", b"u"):
            fields = row.split(b" ", 8 if kind == b"1" else 10)
            (dirty if fields[2].startswith(b"S") else changed).append(fields[-1])
        elif kind in others:
            others[kind].append(row[2:])
    if heads.get("branch.oid", "(initial)") == "(initial)":
        raise Unavailable(NO_COMMIT)
    branch = heads.get("branch.head", "(detached)")
    foreign = [path for path in others[b"?"] if path.endswith(b"/")]
    return _Status(
        commit=heads["branch.oid"],
        branch=None if branch == "(detached)" else escape(os.fsencode(branch)),
        changed=tuple(changed),
        untracked=tuple(path for path in others[b"?"] if not path.endswith(b"/")),
        unseen=(*foreign, *others[b"!"]),
        dirty_submodules=tuple(dirty),
    )


def _read_config(output: bytes) -> dict[str, str]:
    rows = (row.partition(b"\n") for row in output.split(b"\0") if row)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in rows}


def _checkout(top: Path, status: _Status, config: Mapping[str, str]) -> Checkout:
    converted = [path for path in _converted(top, config) if path not in status.changed]
    gaps = [
        Gap(
            field="code",
            reason=f"submodule {escape(path)} is not at the commit that the "
            "repository records, or has changes of its own",
            fix="commit inside the submodule, then commit the submodule itself",
        )
        for path in status.dirty_submodules
    ]
    return Checkout(
        folder=top,
        commit=status.commit,
        branch=status.branch,
        remote=_remote(config, status.branch),
        changed=(*status.changed, *converted),
        untracked=status.untracked,
        unseen=status.unseen,
        submodules=_submodules(top),
        gaps=tuple(gaps),
    )


def _remote(config: Mapping[str, str], branch: str | None) -> str | None:
    """Choose the remote that the branch follows, else `origin`, else the only one there is.

    A folder of this machine names nothing to anybody else and is left out.
    """
    urls = {
        name.removeprefix("remote.").removesuffix(".url"): value
        for name, value in config.items()
        if name.startswith("remote.") and name.endswith(".url")
    }
    followed = config.get(f"branch.{branch}.remote", "origin")
    url = urls.get(followed) or urls.get("origin")
    if url is None and len(urls) == 1:
        url = next(iter(urls.values()))
    if url is None or _is_local(url):
        return None
    return strip_login(escape(os.fsencode(url)))


def _is_local(url: str) -> bool:
    has_host = re.match(r"[A-Za-z][A-Za-z0-9+.-]+://[^/]|[^/]+:", url) is not None
    return url.lower().startswith("file:") or not has_host


def _converted(top: Path, config: Mapping[str, str]) -> list[bytes]:
    """List clean files whose line ends on disk are not those that a checkout elsewhere gives.

    Git calls them unchanged, because it would normalise them on commit.
    """
    configured = config.get("core.autocrlf", "false") != "false" or "core.eol" in config
    if not configured and not _CONVERTS.search(_attributes(top)):
        return []
    rows = run_git(("ls-files", "--eol", "-z"), top).split(b"\0")
    found: list[bytes] = []
    for row in filter(None, rows):
        facts, _, path = row.partition(b"\t")
        index, disk, *attributes = facts.split()
        pinned = any(word.startswith(b"eol=") for word in attributes)
        if index[2:] != disk[2:] and not pinned and (top / os.fsdecode(path)).is_file():
            found.append(path)
    return found


def _attributes(top: Path) -> bytes:
    try:
        return (top / ".gitattributes").read_bytes()
    except OSError:
        return b""


def _submodules(top: Path) -> dict[str, str]:
    """Map each submodule's path to its recorded commit."""
    if not (top / ".gitmodules").exists():
        return {}
    rows = run_git(("ls-files", "--stage", "-z"), top).split(b"\0")
    links = (row.partition(b"\t") for row in rows if row.startswith(b"160000 "))
    return {escape(path): facts.split()[1].decode() for facts, _, path in links}


def _gap(reason: str, fix: str) -> Gap:
    return Gap(field="code", reason=reason, fix=fix)
