"""Where DVC keeps bytes: its cache and its remotes, each in the layout of 3 or of 2.

An MD5 is looked for under both layouts everywhere: what is found is read and compared, so a
place more to look at cannot make anything wrong. The working folder comes last, as it is the
one that people edit.
"""

import posixpath
import re
from collections.abc import Iterator

from cairn.core.errors import Corrupt, NotFound, Unavailable
from cairn.core.tree import EXECUTABLE, FILE
from cairn.data.buckets.bucket import bucket_copy, is_bucket
from cairn.data.copies import Copy, Wanted, local_copy, read
from cairn.data.dvc.outputs import Member, Output, read_folder
from cairn.data.dvc.project import DvcProject

LAYOUTS = ("files/md5/", "")
CHAINED = re.compile(r"remote://(?P<name>[^/]+)/?(?P<rest>.*)")


class Places:
    """Where the bytes of a project's outputs may lie."""

    def __init__(self, project: DvcProject) -> None:
        self.project = project
        self._folders = [str(project.cache)]
        self._buckets: list[str] = []
        self.unread: list[str] = []
        for remote in project.remotes:
            url = _resolved(project, remote.url)
            if "://" not in url:
                self._folders.append(url)
            elif is_bucket(url):
                self._buckets.append(url)
            else:
                self.unread.append(f"{remote.name} ({url.partition('://')[0]})")

    def members(self, output: Output) -> tuple[Member, ...]:
        """Read which files a folder has.

        Raises `NotFound` if its list is nowhere, and `Corrupt` if no copy of it is right.
        """
        if output.members:
            return output.members
        damaged: list[str] = []
        for copy in self.copies(output.md5, ""):
            try:
                found = read(copy)
            except NotFound:
                continue
            if found.md5 == output.md5.partition(".")[0]:
                content = found.content or b"".join(copy.chunks())
                return read_folder(content, name=output.path)
            damaged.append(copy.name)
        if damaged:
            raise Corrupt(
                f"{output.path}: DVC's list of its files is damaged at {', '.join(damaged)}; "
                f"bring it back from a remote (`dvc fetch`) or a backup"
            )
        raise NotFound(
            f"{output.path}: DVC's list of its files ({output.md5}) is in neither cache nor "
            f"remote{self._also()}"
        )

    def wanted(self, output: Output, *, path: bytes, member: Member | None = None) -> Wanted:
        """Say where an output, or a file of it, may lie and what it must be."""
        md5 = member.md5 if member else output.md5
        lies = posixpath.join(output.path, member.path) if member else output.path
        return Wanted(
            path,
            lambda: self.copies(md5, lies),
            md5=md5,
            folded=output.legacy,
            mode=EXECUTABLE if output.executable and not member else FILE,
        )

    def copies(self, md5: str, lies: str) -> Iterator[Copy]:
        """Yield where an MD5 may be found; `lies` is its path in the project, if any."""
        name = f"{md5[:2]}/{md5[2:]}"
        for folder in self._folders:
            for layout in LAYOUTS:
                yield local_copy(f"{folder}/{layout}{name}")
        if lies:
            yield local_copy(f"{self.project.root}/{lies}", edited=True)
        for bucket in self._buckets:
            for layout in LAYOUTS:
                yield bucket_copy(bucket, layout + name)

    def _also(self) -> str:
        if not self.unread:
            return ""
        return f", and {', '.join(self.unread)} cannot be read by Cairn: run `dvc fetch` first"


def _resolved(project: DvcProject, url: str) -> str:
    """Follow `remote://name/rest` to the address that is meant."""
    for _ in project.remotes:
        found = CHAINED.fullmatch(url)
        if found is None:
            break
        base = next((r.url for r in project.remotes if r.name == found["name"]), None)
        if base is None:
            raise Unavailable(
                f"DVC's settings name no remote {found['name']!r}, which {url} needs"
            )
        url = f"{base.rstrip('/')}/{found['rest']}".rstrip("/")
    return url
