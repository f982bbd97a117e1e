"""Files that the script opens, as Python's own audit events tell: read, written, databases.

A file inside the project or a declared folder is noted with its size and time when it is read,
so that a later change shows. One that was read and is now overwritten is copied first: the
bytes that the script saw are the input.
"""

import os
import stat
import sys

from . import journal
from .scope import COMPILED, SOURCE, Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST_COPY = 64 << 20
_scope = Scope(os.curdir)
_read_files: "dict[str, tuple[int, int, int]]" = {}
_written: "set[str]" = set()
_noted: "set[str]" = set()
_hosts: "set[str]" = set()
_copies = [0]


def start(root: str, *, data: "list[str]", skipped: "list[str]") -> None:
    """Begin to watch files under `root` and the `data` folders, but never `skipped` ones."""
    global _scope  # noqa: PLW0603 (one process, one run)
    _scope = Scope(
        root,
        data=data,
        skipped=skipped,
        libraries=_library_folders(),
        installed=(sys.base_prefix, sys.prefix),
        started=int(os.environ.get("CAIRN_HOOK_STARTED", "0")),
    )
    sys.addaudithook(_audit)


def is_library(file: "str | None") -> bool:
    """Tell whether code in `file` is installed, not the project's; a notebook has no file."""
    return file is not None and file.startswith((*_scope.libraries, "<frozen "))


def _library_folders() -> "list[str]":
    folders = [os.path.dirname(os.__file__)]
    folders += [
        entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))
    ]
    if sys.prefix != sys.base_prefix:
        folders.append(sys.prefix)
    return folders


def _audit(event: str, args: "tuple[Any, ...]") -> None:
    if event not in _EVENTS:  # as nearly all of the ten thousands that an import makes
        return
    try:
        if not journal.is_own():
            _EVENTS[event](*args)
    except Exception:  # an audit hook that raises forbids what it was told of
        pass


def _opened(path: "Any", _mode: "Any", flags: int, *_: "Any") -> None:
    if isinstance(path, int):
        return
    text = os.fsdecode(path)
    if text.endswith(".pyc") and _scope.is_inside(text):
        text = _source_of(text)
    if text.endswith(COMPILED) or text.startswith(_scope.libraries):
        return
    place = os.path.abspath(text)
    if not _scope.is_inside(place):
        _outside(place, flags)
    elif not _scope.is_skipped(place):
        _inside(place, flags)


def _source_of(compiled: str) -> str:
    """Find the module that Python imports by its compiled form: that it does not open."""
    folder, _, name = compiled.rpartition("/")
    if os.path.basename(folder) != "__pycache__":
        return compiled
    source = os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")
    return source if os.path.isfile(source) else compiled


def read_elsewhere(path: str) -> None:
    """Note a file that a library reads by itself."""
    _opened(path, None, os.O_RDONLY)


def _inside(place: str, flags: int) -> None:
    access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
    if access == os.O_RDONLY:
        _read(place)
        return
    if access == os.O_RDWR and not flags & os.O_TRUNC:
        _read(place)
    _write(place)


def written_elsewhere(path: str) -> None:
    """Note a file that a library has written by itself, wherever it lies."""
    place = os.path.realpath(path)
    if os.path.isfile(place) and not _scope.is_skipped(place):
        _write(place)


def _outside(place: str, flags: int) -> None:
    """Note data that lies elsewhere; by way of a link it may lie in the project after all."""
    if place in _noted or place.endswith(SOURCE):
        return
    _noted.add(place)
    real = os.path.realpath(place)
    if _scope.is_inside(real):
        _noted.discard(place)
        if not _scope.is_skipped(real):
            _inside(real, flags)
    elif not flags & os.O_WRONLY and os.path.isfile(real) and _scope.is_data_elsewhere(real):
        journal.write("outside", path=journal.escaped(place))


def _read(place: str) -> None:
    if place in _written:
        return
    mark = _mark(place)
    if mark is None or _read_files.get(place) == mark:
        return
    _read_files[place] = mark
    event = "source" if place.endswith(SOURCE) else "read"
    journal.write(
        event, path=journal.escaped(place), inode=mark[0], size=mark[1], changed=mark[2]
    )


def _write(place: str) -> None:
    if place in _written:
        return
    copy = _copied(place) if place in _read_files else None
    _written.add(place)
    journal.write("write", path=journal.escaped(place), copy=copy)


def _mark(place: str) -> "tuple[int, int, int] | None":
    try:
        found = os.stat(place)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _copied(place: str) -> "str | None":
    """Copy a file that is about to be overwritten, if it is still what was read."""
    mark = _mark(place)
    if mark is None or mark != _read_files[place] or mark[1] > LARGEST_COPY:
        return None
    _copies[0] += 1
    name = "%d-%d" % (os.getpid(), _copies[0])
    folder = journal.folder_beside("kept")
    os.makedirs(folder, exist_ok=True)
    with open(place, "rb") as source, open(os.path.join(folder, name), "xb") as target:
        target.write(source.read())
    return name


def _renamed(source: "Any", target: "Any", *_: "Any") -> None:
    """Follow a file that is written beside its place and then moved there."""
    before, after = (os.path.abspath(os.fsdecode(path)) for path in (source, target))
    if _scope.is_inside(after) and not _scope.is_skipped(after):
        if before in _written or not _scope.is_inside(before):
            _write(after)
        journal.write("rename", source=journal.escaped(before), path=journal.escaped(after))
    saved = sys.modules.get(__name__.rpartition(".")[0] + ".saved")
    moved = getattr(saved, "moved", None)  # not there while `saved` itself is imported
    if moved is not None:
        moved(before, after)


def _connected(database: "Any", *_: "Any") -> None:
    """Note a SQLite database: it is opened in C, and may be read and written."""
    text = os.fsdecode(database)
    if text.startswith("file:"):
        text = text[len("file:") :].partition("?")[0]
    place = os.path.abspath(text)
    if text in ("", ":memory:") or _scope.is_skipped(place):
        return
    if not _scope.is_inside(place):
        _outside(place, os.O_RDWR)
        return
    first = place not in _read_files
    _read(place)
    if first and place in _read_files:
        copy = _copied(place)
        journal.write("database", path=journal.escaped(place), copy=copy)
    elif first:
        _write(place)


def _reached(_socket: "Any", address: "Any") -> None:
    """Note a host that is connected to by its number; one with a name was looked up before."""
    if isinstance(address, tuple) and not _hosts:
        _looked_up(address[0])


def _looked_up(host: "Any", *_: "Any") -> None:
    """Note a host that the script talks to: what it reads there is frozen nowhere."""
    name = os.fsdecode(host) if isinstance(host, (str, bytes)) else ""
    local = name in ("", "localhost", "::1", "0.0.0.0", os.uname().nodename)  # noqa: S104 (compared, not bound)
    if not local and not name.startswith("127.") and name not in _noted:
        _noted.add(name)
        _hosts.add(name)
        journal.write("network", host=journal.escaped(name))


def _launched(program: "Any", args: "Any", _folder: "Any", variables: "Any") -> None:
    """Note a Python that is started so that it cannot be watched."""
    command = [os.fsdecode(word) for word in ([args] if isinstance(args, str) else args)]
    name = os.path.basename(os.fsdecode(program) if program else command[0])
    if not name.startswith("python"):
        return
    bare = variables is not None and "CAIRN_HOOK_EVENTS" not in variables
    alone = any(word in ("-I", "-S", "-E") for word in command[1:4])
    if (bare or alone) and name not in _noted:
        _noted.add(name)
        journal.write("unwatched", program=journal.escaped(name))


_EVENTS = {
    "open": journal.guarded(_opened),
    "os.rename": journal.guarded(_renamed),
    "sqlite3.connect": journal.guarded(_connected),
    "socket.connect": journal.guarded(_reached),
    "socket.getaddrinfo": journal.guarded(_looked_up),
    "subprocess.Popen": journal.guarded(_launched),
}
