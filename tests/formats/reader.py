"""A second reader of every stored format, written from the specification.

It shares no code with Cairn: standard library only. Every function returns plain values or
raises `Wrong`. The ledger and its signatures are in `ledger_reader.py`.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from formats.canonical_reader import parse
from formats.kinds import KINDS
from formats.ledger_reader import read_vkey
from formats.schema import HEADER, SIDECAR, STORE
from formats.shapes import Wrong, demand

LEAF, ROOT, PREDICTIONS = b"cairn leaf/1\n", b"cairn tree/1\n", b"cairn predictions/1\n"
ROW = re.compile(rb"([fxl]) (0|[1-9][0-9]{0,18}) ([0-9a-f]{64}) ([^\n]+)\n")
LINE = re.compile(rb"([0-9a-f]{64}) ([1-9][0-9]{0,4}) (0|[1-9][0-9]{0,23}) ([^\n]+)\n")
MOST_ROWS = 16_384


class File(NamedTuple):
    """A row of a leaf."""

    path: bytes
    mode: str
    size: int
    digest: str


def digest(content: bytes) -> str:
    """Name bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


# Records


def read_record(content: bytes) -> tuple[str, dict[str, Any]]:
    """Read any record; returns its kind and its fields."""
    fields = _tagged(content, "cairn")
    kind = fields.pop("cairn")
    demand(kind in KINDS, "unknown kind", kind)
    KINDS[kind](fields)
    return kind, fields


def read_store(content: bytes) -> dict[str, Any]:
    """Read `store.json`."""
    fields = _tagged(_line(content), "cairn")
    demand(fields.pop("cairn") == "store/1", "not a store", content)
    STORE(fields)
    name, _, _ = read_vkey(fields["log"])
    demand(name == f"cairn.local/{fields['id']}", "key of another log", name)
    return fields


def read_sidecar(content: bytes) -> dict[str, Any]:
    """Read the description beside an exported artifact; skips extras it does not know."""
    fields = _tagged(_line(content), "cairn.format")
    demand(fields.pop("cairn.format") == "sidecar/1", "not a sidecar", content)
    extras = {name for name in fields if name.startswith("cairn.")} - SIDECAR.fields.keys()
    SIDECAR({name: fields[name] for name in fields if name not in extras})
    return fields


def _line(content: bytes) -> bytes:
    demand(content.endswith(b"\n"), "does not end a line", content[-20:])
    return content[:-1]


def _tagged(content: bytes, tag: str) -> dict[str, Any]:
    value = parse(content)
    demand(type(value) is dict and type(value.get(tag)) is str, f"no {tag}", content[:80])
    return value


# Trees


def escape(path: bytes) -> str:
    """Spell a path: what is not part of well-formed UTF-8 becomes escapes, byte by byte."""
    spelled, place = "", 0
    while place < len(path):
        char = _character(path[place : place + 4])
        plain = char is not None and ord(char) >= 0x20 and char not in "\\\x7f"
        spelled += char if char and plain else f"\\x{path[place]:02x}"
        place += len(char.encode()) if char else 1
    return spelled


def unescape(spelled: bytes) -> bytes:
    """Read a path; refuses every spelling but the one of `escape`."""
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), spelled)
    demand(escape(raw).encode() == spelled, "path is not canonical", spelled)
    return raw


def read_tree(root: bytes, fetch: Callable[[str], bytes]) -> list[File]:
    """Read a whole tree; `fetch` gives a leaf by its digest."""
    demand(root.startswith(ROOT), "not a tree", root[:20])
    files: list[File] = []
    lines = list(_lines(LINE, root[len(ROOT) :]))
    for number, (hexadecimal, rows, size, first) in enumerate(lines):
        leaf = fetch(f"sha256:{hexadecimal.decode()}")
        demand(hashlib.sha256(leaf).hexdigest().encode() == hexadecimal, "wrong leaf", number)
        found = read_leaf(leaf, last=number == len(lines) - 1)
        demand(len(found) == int(rows), "rows", rows)
        demand(sum(file.size for file in found) == int(size), "size", size)
        demand(escape(found[0].path).encode() == first, "first path", first)
        files += found
    paths = [file.path for file in files]
    demand(paths == sorted(set(paths)), "order of leaves", paths[:3])
    folders = {path[: place.start()] for path in paths for place in re.finditer(b"/", path)}
    demand(not folders & set(paths), "a file is a folder", folders & set(paths))
    return files


def read_leaf(leaf: bytes, *, last: bool = True) -> list[File]:
    """Read one leaf; only the `last` of a tree may end before the rule says so."""
    demand(leaf.startswith(LEAF), "not a leaf", leaf[:20])
    rows = [
        File(unescape(path), mode.decode(), int(size), f"sha256:{hexadecimal.decode()}")
        for mode, size, hexadecimal, path in _lines(ROW, leaf[len(LEAF) :])
    ]
    paths = [row.path for row in rows]
    demand(bool(rows) and paths == sorted(set(paths)), "order", paths[:3])
    for path in paths:
        demand(not {b"", b".", b".."} & set(path.split(b"/")), "path leaves its tree", path)
        demand(b"\0" not in path, "path with a zero byte", path)
    ends = [at for at, path in enumerate(paths) if zlib.crc32(path) % 4096 == 0]
    demand(not ends or ends == [len(paths) - 1], "leaf is cut too late", ends)
    cut = bool(ends) or len(paths) == MOST_ROWS
    demand(len(paths) <= MOST_ROWS and (cut or last), "leaf is cut too early", paths[-1])
    return rows


def _lines(row: re.Pattern[bytes], content: bytes) -> Iterable[tuple[bytes, ...]]:
    place = 0
    while place < len(content):
        found = row.match(content, place)
        if found is None:
            raise Wrong(f"broken row: {content[place : place + 80]!r}")
        yield found.groups()
        place = found.end()


def _character(some: bytes) -> str | None:
    for length in range(1, len(some) + 1):
        try:
            return some[:length].decode()
        except UnicodeDecodeError:
            continue
    return None


# Predictions


def read_predictions(content: bytes) -> dict[str, list[Any]]:
    """Read the columns of `predictions/1`; categories as their words."""
    demand(content.startswith(PREDICTIONS), "not predictions", content[:20])
    line, found, rest = content[len(PREDICTIONS) :].partition(b"\n")
    header = parse(line)
    HEADER(header)
    demand(bool(found), "cut short", line)
    columns: dict[str, list[Any]] = {}
    for column in header["columns"]:
        values, rest = _column(column, header["rows"], rest)
        columns[column["name"]] = values
    demand(not rest, "bytes too many", len(rest))
    _columns_of_task(header)
    demand(columns["id"] == sorted(set(columns["id"])), "order of ids", columns["id"][:3])
    demand(all(value >= 0 for value in columns.get("weight", [])), "weight", "below zero")
    return columns


def _columns_of_task(header: dict[str, Any]) -> None:
    """Refuse other columns, another order or another type than those of the task."""
    names = [column["name"] for column in header["columns"]]
    task, classes = header.get("task", "binary"), header.get("classes", [])
    values = [name for name in names if re.match(r"(?s)value:.", name)]
    groups = [name for name in names if re.match(r"(?s)group:.", name)]
    demand((task == "multiclass") == bool(classes), "classes", classes)
    demand(len(classes) != 1 and all(classes), "classes", classes)
    for ordered in (classes, values, groups):
        demand(ordered == sorted(set(ordered)), "order", ordered)
    scores = [f"score:{name}" for name in classes] or ["score"]
    fixed = ["id"] if task == "values" else ["id", "label", *scores]
    asked = [name for name in ("weight", "unit") if name in names]
    demand(names == [*fixed, *asked, *values, *groups], "columns", names)
    demand(task != "values" or bool(values), "no values", names)
    demand(task != "ranking" or "unit" in names, "no unit", names)
    for column in header["columns"]:
        name = column["name"]
        category = name == "unit" or name in groups
        kind = "text" if name == "id" else "category" if category else "float64"
        demand(column["type"] == kind, "type", column)
        demand("better" not in column or name in values, "better", column)


def _column(column: dict[str, Any], rows: int, rest: bytes) -> tuple[list[Any], bytes]:
    levels = column.get("levels", [])
    demand(bool(levels) == (column["type"] == "category"), "levels", column)
    if column["type"] == "float64":
        values = list(struct.unpack(f"<{rows}d", _take(rest, 8 * rows)))
        demand(
            all(repr(v) not in ("nan", "inf", "-inf", "-0.0") for v in values),
            "number",
            values[:3],
        )
        return values, rest[8 * rows :]
    numbers, rest = struct.unpack(f"<{rows}I", _take(rest, 4 * rows)), rest[4 * rows :]
    if column["type"] == "category":
        demand(levels == sorted(set(levels)) and all(levels), "levels", levels)
        demand(set(numbers) == set(range(len(levels))), "codes", levels)
        return [levels[code] for code in numbers], rest
    texts: list[str] = []
    for length in numbers:
        try:
            texts.append(_take(rest, length).decode())
        except UnicodeDecodeError as error:
            raise Wrong(f"not UTF-8: {error}") from error
        rest = rest[length:]
    return texts, rest


def _take(rest: bytes, size: int) -> bytes:
    demand(len(rest) >= size, "cut short", size)
    return rest[:size]
