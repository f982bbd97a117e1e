"""Outputs that stay in DVC's cache: found again by their MD5."""

import os
import posixpath
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from cairn.core.errors import Corrupt, NotFound
from cairn.core.snapshot import DvcOutput
from cairn.core.tree import Entry, unescape
from cairn.data.copies import Copy, Wanted, local_copy
from cairn.data.dvc.outputs import Member, Output
from cairn.data.dvc.places import Places
from cairn.data.dvc.project import CACHE, DvcProject, is_root, open_project


def locate_output(source: DvcOutput, folder: Path) -> "partial[Iterator[Wanted]]":
    """Return what says where the files of a pinned output lie.

    Where even the list of a folder's files is gone, they are looked for in the folder itself.
    """
    root = (folder / os.fsdecode(unescape(source.location))).resolve()
    project = open_project(root) if is_root(root) else DvcProject(root, root / CACHE, ())
    path = os.fsdecode(unescape(source.path))
    output = Output(path=path, md5=source.md5, where="the pin", legacy=True)
    return partial(_wanted, Places(project), output)


def _wanted(places: Places, output: Output, entries: Sequence[Entry]) -> Iterator[Wanted]:
    known = _members(places, output)
    for entry in entries:
        name = os.fsdecode(entry.path)
        lies = f"{output.path}/{name}" if output.is_folder else output.path
        member = known.get(name)
        copies = partial(_copies, places, member.md5 if member else "", lies)
        yield Wanted(entry.path, copies, size=entry.size, digest=entry.digest)


def _copies(places: Places, md5: str, lies: str) -> Iterator[Copy]:
    if md5:
        return places.copies(md5, lies)
    return iter((local_copy(f"{places.project.root}/{lies}", edited=True),))


def _members(places: Places, output: Output) -> dict[str, Member]:
    if not output.is_folder:
        return {posixpath.basename(output.path): Member(output.path, output.md5)}
    try:
        return {member.path: member for member in places.members(output)}
    except (NotFound, Corrupt):
        return {}
