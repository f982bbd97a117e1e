"""What this process did, one JSON object a line, in a file of its own.

The file is opened for each line: a script that closes every descriptor, forks or is killed
loses nothing, and a descriptor of ours can never end up in its hands.
"""

import os
import time
from _thread import _local  # pyright: ignore[reportPrivateUsage] (what threading has)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

try:
    from _json import encode_basestring_ascii as _quote
except ImportError:  # an interpreter without the C half of json
    from json.encoder import encode_basestring_ascii as _quote


class _State(_local):
    own = False


_state = _State()
_ODD = frozenset(map(chr, (*range(0x20), 0x5C, 0x7F, *range(0xDC80, 0xDD00))))
_file = ""
_faults: "set[str]" = set()
_unseeded: "set[str]" = set()
_seeds: "dict[str, set[str]]" = {}
MOST_SEEDS = 100


def start(folder: str = "") -> None:
    """Write from now on into a new file under `folder`; without one, where it was before."""
    global _file  # noqa: PLW0603 (one journal a process)
    place = folder or os.path.dirname(_file)
    _file = os.path.join(place, "%d-%d.jsonl" % (os.getpid(), time.monotonic_ns()))


def folder_beside(name: str) -> str:
    """Return the folder of the run that holds larger things, by its name."""
    return os.path.join(os.path.dirname(os.path.dirname(_file)), name)


def write(event: str, **facts: "Any") -> None:
    """Append one event; the time only orders events of one run."""
    line = _encode({"event": event, "time": time.monotonic_ns(), **facts}) + "\n"
    was, _state.own = _state.own, True
    try:
        file = os.open(_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, line.encode("ascii"))
        finally:
            os.close(file)
    except OSError:
        pass  # a full disk must not stop the script
    finally:
        _state.own = was


def seed(generator: str, value: str) -> None:
    """Write down a seed; of a generator that is seeded in a loop, the first hundred."""
    seen = _seeds.setdefault(generator, set())
    if value in seen or len(seen) > MOST_SEEDS:
        return
    seen.add(value)
    write("seed", generator=generator, value=value if len(seen) <= MOST_SEEDS else "and more")


def unseeded(generator: str) -> None:
    """Write down a generator that nobody seeded: once."""
    if generator not in _unseeded:
        _unseeded.add(generator)
        write("unseeded", generator=generator)


def fault(where: str, error: BaseException) -> None:
    """Write down that something could not be watched: once for each place."""
    if where not in _faults:
        _faults.add(where)
        write("fault", where=where, error="%s: %s" % (type(error).__name__, error))


def is_own() -> bool:
    """Tell whether this thread is busy with watching: then nothing is the script's."""
    return _state.own


def guarded(function: "Callable[..., Any]") -> "Callable[..., Any]":
    """Let `function` run unwatched and never raise; None if it failed or was busy already."""

    def call(*args: "Any", **named: "Any") -> "Any":
        if _state.own:
            return None
        _state.own = True
        try:
            return function(*args, **named)
        except Exception as error:
            _state.own = False
            fault(function.__name__.strip("_"), error)
            return None
        finally:
            _state.own = False

    return call


def escaped(path: str) -> str:
    r"""Spell a path as text, as trees do: bytes that are not UTF-8 become `\xHH`."""
    if path.isascii() and path.isprintable() and "\\" not in path:
        return path
    return "".join("\\x%02x" % (ord(char) & 0xFF) if char in _ODD else char for char in path)


def _encode(value: "Any") -> str:
    """Write JSON without importing json, which costs more than all else here."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _quote(str(value).encode("utf-8", "replace").decode())
    if isinstance(value, int):
        return str(int(value)) if abs(value) < 2**63 else '"%d"' % value
    if isinstance(value, float):
        plain = value == value and abs(value) != float("inf")  # noqa: PLR0124 (NaN)
        return repr(float(value)) if plain else '"%r"' % float(value)
    if isinstance(value, dict):
        items = ("%s:%s" % (_encode(str(key)), _encode(item)) for key, item in value.items())
        return "{%s}" % ",".join(items)
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(map(_encode, value))
    return _encode("<%s>" % type(value).__name__)
