"""A power cut at any moment: what a disk may hold when some of it was never synced.

`recorded` runs a program under strace and reads back each call that changes a file or folder.
`Disk` replays them: content and names become durable by fsync alone, and at a cut each sector
and each name that is not durable is there or not, as the dice say. Names within one rename are
kept or lost together. Nothing else is assumed of the file system.
"""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
CALLS = (
    "open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,ftruncate,"
    "fallocate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "symlink,symlinkat,copy_file_range,sendfile,sync,syncfs,sync_file_range,msync"
)
STRACE = ("strace", "-f", "-qq", "-y", "-xx", "-s", "20000000")
_LINE = re.compile(r"(\d+) +(.*)")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)(?:<.*>)?(?: .*)?$")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_PLACE = re.compile(r"(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2}|[^>])*)>")
_UNKNOWN = {
    "writev",
    "pwritev",
    "pwritev2",
    "fallocate",
    "copy_file_range",
    "sendfile",
    "msync",
}


class Call(NamedTuple):
    """One call that succeeded: its name, the paths in it, bytes written, numbers."""

    name: str
    paths: tuple[str, ...]
    content: bytes
    number: int


@dataclass
class Inode:
    """A file: what is durable, and what was written since, in order."""

    durable: bytearray = field(default_factory=bytearray)
    live: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(
        default_factory=list[tuple[int, bytes | None]]
    )
    is_folder: bool = False

    def write(self, place: int, content: bytes) -> None:
        """Change bytes, not yet durably."""
        _put(self.live, place, content)
        self.pending.append((place, content))

    def truncate(self, size: int) -> None:
        """Cut or extend, not yet durably."""
        _resize(self.live, size)
        self.pending.append((size, None))

    def sync(self) -> None:
        """Make it durable."""
        self.durable = bytearray(self.live)
        self.pending.clear()

    def after_cut(self, dice: random.Random, kept: float) -> bytes:
        """Return what may be there: each sector of each pending write with chance `kept`."""
        content = bytearray(self.durable)
        for place, written in self.pending:
            if written is None:
                if dice.random() < kept:
                    _resize(content, place)
                continue
            for start in range(0, len(written), SECTOR):
                if dice.random() < kept:
                    _put(content, place + start, written[start : start + SECTOR])
        return bytes(content)


Names = dict[str, Inode]
Step = tuple[tuple[str, Inode | None], ...]
"""Names that appear (with what) and disappear (None) together."""


class Disk:
    """Files below some folders: names as they are, as is durable, and what is between."""

    def __init__(self, tops: Sequence[Path]) -> None:
        self._tops = tuple(str(top) for top in tops)
        self._live: Names = {}
        self._durable: Names = {}
        self._pending: list[Step] = []
        for top in tops:
            self._load(top)

    def _load(self, top: Path) -> None:
        for path in (top, *sorted(top.rglob("*"))):
            content = bytearray() if path.is_dir() else bytearray(path.read_bytes())
            inode = Inode(content, bytearray(content), is_folder=path.is_dir())
            self._live[str(path)] = self._durable[str(path)] = inode

    def apply(self, call: Call) -> None:  # noqa: C901 (one case a call)
        """Do what a call did."""
        paths = [path for path in call.paths if path.startswith(self._tops)]
        if not paths or paths[0].endswith("-shm"):
            return
        assert call.name not in _UNKNOWN, f"{call.name} is not understood here"
        match call.name:
            case "open" | "openat" | "creat":
                self._open(paths[-1], call.content)
            case "write" | "pwrite64":
                if paths[0] in self._live:  # else unlinked meanwhile
                    place = call.number if call.name == "pwrite64" else -1
                    self._write(self._live[paths[0]], place, call.content)
            case "ftruncate":
                self._live[paths[0]].truncate(call.number)
            case "fsync" | "fdatasync":
                self._sync(paths[0])
            case "mkdir" | "mkdirat":
                self._step((paths[-1], Inode(is_folder=True)))
            case "link" | "linkat":
                self._step((paths[-1], self._live[paths[-2]]))
            case "unlink" | "unlinkat" | "rmdir":
                self._step((paths[-1], None))
            case "rename" | "renameat" | "renameat2":
                self._rename(paths[-2], paths[-1])
            case _:
                return

    def cut(self, dice: random.Random, kept: float) -> dict[str, bytes | None]:
        """Return what is on the disk after a power cut: content by path, None for folders."""
        names = dict(self._durable)
        for step in self._pending:
            if dice.random() < kept:
                for path, inode in step:
                    if inode is None:
                        names.pop(path, None)
                    else:
                        names[path] = inode
        contents = {
            id(inode): inode.after_cut(dice, kept)
            for inode in names.values()
            if not inode.is_folder
        }
        return {
            path: None if inode.is_folder else contents[id(inode)]
            for path, inode in sorted(names.items())
            if not path.endswith("-shm") and _has_folder(path, names, self._tops)
        }

    def _open(self, path: str, flags: bytes) -> None:
        if path not in self._live:
            if b"O_CREAT" in flags:
                self._step((path, Inode()))
        elif b"O_TRUNC" in flags:
            self._live[path].truncate(0)

    @staticmethod
    def _write(inode: Inode, place: int, content: bytes) -> None:
        # Every file that is written to without a place is written from its start to its end.
        inode.write(len(inode.live) if place < 0 else place, content)

    def _sync(self, path: str) -> None:
        inode = self._live.get(path)
        if inode is None:
            return
        if not inode.is_folder:
            inode.sync()
            return
        rest: list[Step] = []
        for step in self._pending:
            if any(_folder(name) == path for name, _ in step):
                for name, target in step:
                    if target is None:
                        self._durable.pop(name, None)
                    else:
                        self._durable[name] = target
            else:
                rest.append(step)
        self._pending = rest

    def _rename(self, source: str, target: str) -> None:
        moved = [
            path for path in self._live if path == source or path.startswith(source + "/")
        ]
        steps = [(target + path[len(source) :], self._live[path]) for path in moved]
        self._step(*((path, None) for path in moved), *steps)

    def _step(self, *changes: tuple[str, Inode | None]) -> None:
        for path, inode in changes:
            if inode is None:
                self._live.pop(path, None)
            else:
                self._live[path] = inode
        self._pending.append(tuple(changes))


def recorded(
    command: Sequence[str], log: Path, environment: dict[str, str], *, cwd: Path
) -> tuple[list[Call], str]:
    """Run a program under strace; returns the calls that succeeded and its output."""
    done = subprocess.run(
        [*STRACE, "-e", f"trace={CALLS}", "-o", str(log), *command],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with log.open() as lines:
        return list(_calls(lines)), done.stdout


def laid_out(contents: dict[str, bytes | None], tops: dict[str, Path]) -> None:
    """Write what a disk holds into other folders, which are made anew."""
    for place in tops.values():
        shutil.rmtree(place, ignore_errors=True)
    for path, content in contents.items():
        top = next(top for top in tops if path == top or path.startswith(top + "/"))
        place = Path(str(tops[top]) + path[len(top) :])
        if content is None:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.write_bytes(content)


def _calls(lines: Iterator[str]) -> Iterator[Call]:
    begun: dict[str, str] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        process, text = found.groups()
        if text.endswith("<unfinished ...>"):
            begun[process] = text.removesuffix("<unfinished ...>")
            continue
        if resumed := _RESUMED.match(text):
            text = begun.pop(process, "") + resumed[1]
        if call := _CALL.match(text):
            yield from _read(call[1], call[2], int(call[3]))


def _read(name: str, arguments: str, result: int) -> Iterator[Call]:
    if result < 0:
        return
    strings = [_unhex(text) for text, _ in _STRING.findall(arguments)]
    places = [_unplace(text) for text in _PLACE.findall(arguments)]
    match name:
        case "write" | "pwrite64":
            numbers = re.findall(r", (-?\d+)", arguments.rsplit('"', 1)[1])
            place = int(numbers[1]) if name == "pwrite64" else 0
            yield Call(name, tuple(places[:1]), strings[0][:result], place)
        case "fsync" | "fdatasync" | "writev" | "copy_file_range" | "sendfile" | "fallocate":
            yield Call(name, tuple(places), b"", 0)
        case "ftruncate":
            yield Call(name, tuple(places), b"", int(arguments.rsplit(", ", 1)[1]))
        case "open" | "creat" | "rename" | "link" | "unlink" | "mkdir" | "rmdir" | "symlink":
            paths = tuple(os.fsdecode(text) for text in strings)
            yield Call(name, paths, _flags(name, arguments), 0)
        case "openat" | "renameat" | "renameat2" | "linkat" | "unlinkat" | "mkdirat":
            pairs = zip(places, strings, strict=False)
            paths = tuple(str(Path(place, os.fsdecode(text))) for place, text in pairs)
            yield Call(name, paths, _flags(name, arguments), 0)
        case _:
            yield Call(name, tuple(places), b"", 0)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _flags(name: str, arguments: str) -> bytes:
    return b"O_CREAT|O_TRUNC" if name == "creat" else arguments.rsplit('"', 1)[1].encode()


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _unplace(text: str) -> str:
    return os.fsdecode(_unhex(text)) if text.startswith("\\x") else text


def _put(content: bytearray, place: int, written: bytes) -> None:
    if len(content) < place:
        content.extend(bytes(place - len(content)))
    content[place : place + len(written)] = written


def _resize(content: bytearray, size: int) -> None:
    if len(content) > size:
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


def _has_folder(path: str, names: Names, tops: Sequence[str]) -> bool:
    """Tell whether all folders above are there: a lost folder takes its files with it."""
    while path not in tops:
        path = _folder(path)
        if path not in names:
            return False
    return True
