"""What a stored file is to whoever looks for rows in it: by name, start and packing."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import IO, Any

from cairn.core.errors import Invalid, first_line
from cairn.core.tree import Entry
from cairn.data.giver import Giver
from cairn.data.tables.arrow import arrow
from cairn.data.tables.table_files import DELIMITERS

MOST_BYTES = 2**30
START = 4096
_STARTS = (
    (0, b"PAR1", "parquet"),
    (0, b"ARROW1", "arrow"),
    (0, b"\xff\xff\xff\xff", "arrow"),
    (0, b"ORC", "orc"),
    (0, b"SQLite format 3\0", "sqlite"),
    (8, b"DUCK", "duckdb"),
)
_SUFFIXES = {
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".arrow", ".arrows", ".feather", ".ipc"), "arrow"),
    **dict.fromkeys((".jsonl", ".ndjson"), "lines"),
    ".orc": "orc",
    ".json": "json",
    **dict.fromkeys(DELIMITERS, "csv"),
}
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zstd")
_CLOSED = {
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "a pickle, which is not opened"),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar"), "an archive"),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a spreadsheet"),
    **dict.fromkeys(
        (".html", ".htm", ".xml", ".svg"), "markup, which spells texts its own way"
    ),
}


def kind_of(name: str, start: bytes) -> str:
    """Say how a file is read; raises `Invalid` for one that is not."""
    for at, signature, kind in _STARTS:
        if start[at : at + len(signature)] == signature:
            return kind
    suffix = suffix_of(name)
    if start.startswith(b"Obj\x01"):
        raise Invalid(f"{name} is Avro, which is not read: as Parquet it could be searched")
    if start.startswith(b"FEA1"):
        raise Invalid(f"{name} is of Feather's first version: write it again, as Parquet")
    if suffix in _CLOSED:
        raise Invalid(f"{name} is {_CLOSED[suffix]}")
    return _SUFFIXES.get(suffix, "text")


def suffix_of(name: str) -> str:
    """Return the last suffix of a name, in lower case."""
    return PurePosixPath(name).suffix.lower()


def unpacked_name(name: str) -> tuple[str, bool]:
    """Return the name of a compressed file without that suffix."""
    for suffix in _PACKED:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)], True
    return name, False


def unpacked(giver: Giver, entry: Entry, what: str) -> bytes:
    """Unpack a file in memory, up to a limit."""
    if entry.size > MOST_BYTES:
        raise Invalid(f"{what} is larger than 1 GiB: unpack it to have it searched")
    packed = giver.get(entry.digest)
    try:
        with _opened(io.BytesIO(packed), suffix_of(what)) as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise Invalid(f"{what} cannot be unpacked: {first_line(error)}") from error
    if len(content) > MOST_BYTES:
        raise Invalid(f"{what} unpacks to more than 1 GiB: as Parquet it could be searched")
    return content


def packed(content: bytes, name: str) -> bytes:
    """Pack content as a file of that name is packed; equal content gives equal bytes."""
    suffix = suffix_of(name)
    packers: Mapping[str, Callable[[bytes], bytes]] = {
        ".gz": lambda plain: gzip.compress(plain, mtime=0),
        ".bz2": bz2.compress,
        ".xz": lzma.compress,
    }
    if suffix in packers:
        return packers[suffix](content)
    sink = arrow().BufferOutputStream()
    with arrow().CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def _opened(packed: IO[bytes], suffix: str) -> Any:
    if suffix == ".gz":
        return gzip.open(packed)
    if suffix == ".bz2":
        return bz2.open(packed)
    if suffix == ".xz":
        return lzma.open(packed)
    return arrow().CompressedInputStream(packed, "zstd")
