"""What would enter git's history: files that are staged, or that a range of commits added.

Asked of git's own objects, never of the working tree: what is on disk now need not be what
gets committed. Links and submodules hold no content here, and what the history has already is
no news, wherever it is moved to.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cairn.core.errors import Invalid, NotFound, Unavailable
from cairn.core.tree import escape
from cairn.data.git import find_top, run_git

_LISTED = ("--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
_FILES = frozenset({b"100644", b"100755"})
_COMMIT = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")


class Added(NamedTuple):
    """A file as git would keep it: raw path, object id, and the commit that has it, if any."""

    path: bytes
    blob: str
    commit: str = ""


def top_of(folder: Path) -> Path:
    """Return the top of the working tree around `folder`; raises `NotFound`."""
    top = find_top(folder.resolve())
    if top is None:
        raise NotFound(
            f"{folder.resolve()} is not inside a git repository: there is nothing to guard"
        )
    return top


def staged(top: Path, *, index: str | None = None) -> list[Added]:
    """List the files that the next commit would add or change.

    `index` is the file that git uses as index while `git commit FILE` runs its hooks. Files
    that a merge brings from the other side are not among them.
    """
    variables = {"GIT_INDEX_FILE": index} if index else {}
    base = _tree(top, "HEAD") or _no_tree(top)
    listed = run_git(("diff-index", "--cached", *_LISTED, base), top, variables=variables)
    merged = _tree(top, "MERGE_HEAD")
    return list(_news(top, _rows(listed), [tree for tree in (base, merged) if tree]))


def added_since(top: Path, since: str) -> list[Added]:
    """List the files that the commits in `since..HEAD` added or changed, each commit's own.

    Also those that a later commit took away again: the history keeps them. Raises `NotFound`
    if there is no such commit.
    """
    base = _tree(top, since)
    if since.startswith("-") or base is None:
        raise NotFound(
            f"git knows no commit {since!r} here: name a branch or commit, and fetch its "
            "history first (a CI checkout needs fetch-depth: 0)"
        )
    commits = run_git(("rev-list", "--reverse", f"{since}..HEAD", "--"), top)
    command = ("diff-tree", "--stdin", "-r", "--root", "-c", *_LISTED)
    listed = run_git(command, top, given=commits)
    return list(_news(top, _rows(listed), [base]))


def sizes(top: Path, blobs: Iterable[str]) -> dict[str, int]:
    """Ask how many bytes each blob has; raises `Unavailable` for one that is not here."""
    asked = "".join(f"{blob}\n" for blob in blobs).encode()
    found: dict[str, int] = {}
    for line in run_git(("cat-file", "--batch-check"), top, given=asked).splitlines():
        blob, *about = line.decode().split(" ")
        if len(about) != 2 or not about[1].isdecimal():  # noqa: PLR2004 (type and size)
            raise Unavailable(f"git lacks the content of {blob}: fetch it and run this again")
        found[blob] = int(about[1])
    return found


def contents(top: Path, blobs: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Read blobs whole: hand in no more than may lie in memory at once."""
    asked = "".join(f"{blob}\n" for blob in blobs).encode()
    given, place = run_git(("cat-file", "--batch"), top, given=asked), 0
    while place < len(given):
        end = given.index(b"\n", place)
        blob, _, size = given[place:end].decode().split(" ")
        start, place = end + 1, end + 1 + int(size) + 1
        yield blob, given[start : place - 1]


def hooks_folder(top: Path) -> Path:
    """Return where this repository keeps its hooks."""
    name = run_git(("rev-parse", "--git-path", "hooks"), top).removesuffix(b"\n")
    return top / os.fsdecode(name)


def _tree(top: Path, revision: str) -> str | None:
    """Return the tree of a commit; None if there is no such commit."""
    if "\0" in revision:
        raise Invalid(f"{escape(os.fsencode(revision))} is not a name of a commit")
    asked = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{tree}}")
    return run_git(asked, top, allowed=(0, 1, 128)).decode().strip() or None


def _no_tree(top: Path) -> str:
    """Return the id of the empty tree, whichever hash the repository uses."""
    return run_git(("hash-object", "-t", "tree", "--stdin"), top).decode().strip()


def _news(top: Path, rows: Iterator[Added], bases: list[str]) -> Iterator[Added]:
    """Leave out what the bases have already under this or another name."""
    found = list(rows)
    known: set[str] = set()
    for base in bases if found else ():
        listed = run_git(("ls-tree", "-r", "-z", "--full-tree", base), top)
        known.update(
            row.split(b"\t", 1)[0].rsplit(b" ", 1)[1].decode()
            for row in listed.split(b"\0")
            if row
        )
    yield from (added for added in found if added.blob not in known)


def _rows(listed: bytes) -> Iterator[Added]:
    """Read git's raw format, zero bytes between its fields (gitformat-diff, "raw output").

    A row with several colons compares a merge with each of its parents.
    """
    fields, commit = iter(listed.split(b"\0")), ""
    for field in fields:
        if _COMMIT.fullmatch(field):
            commit = field.decode()
        elif field:
            sides = len(field) - len(field.lstrip(b":"))
            facts = field[sides:].split(b" ")
            path = next(fields)
            if facts[sides] in _FILES:
                yield Added(path, facts[2 * sides + 1].decode(), commit)
