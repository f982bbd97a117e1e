"""Libraries that read files in code of their own, past Python: seen by what is asked of them.

Functions that take a path, a pattern, a folder or a list of them are followed, and so are
those of DuckDB that take a query: the texts in it that name files. What is asked of a
connection cannot be followed, nor libraries that take something else: it is only known that
they were there.
"""

import functools
import glob
import os
import re

from . import calls, journal, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

FOLLOWED = {
    "duckdb": (
        *("sql", "query", "execute", "from_query", "read_csv", "read_parquet", "read_json"),
        *("from_csv_auto", "from_parquet"),
    ),
    "polars": (
        *("read_csv", "read_csv_batched", "read_parquet", "read_ipc", "read_ndjson"),
        *("read_json", "read_avro", "read_delta", "scan_csv", "scan_parquet", "scan_ipc"),
        *("scan_ndjson", "scan_delta"),
    ),
    "pyarrow.csv": ("read_csv", "open_csv"),
    "pyarrow.dataset": ("dataset",),
    "pyarrow.feather": ("read_table", "read_feather"),
    "pyarrow.json": ("read_json", "open_json"),
    "pyarrow.orc": ("read_table",),
    "pyarrow.parquet": ("read_table", "read_pandas", "ParquetFile"),
}
UNFOLLOWED = ("h5py", "lmdb", "netCDF4", "tables")
_QUOTED = re.compile(r"'((?:[^']|'')+)'")
_MOST_FILES = 100_000


def watch(module: "ModuleType") -> None:
    """Follow the functions that read, or say that there is something nobody can follow."""
    name = module.__name__
    if name in UNFOLLOWED:
        journal.write("unseen", library=name)
        return
    if name == "duckdb":
        calls.replace(module, "connect", _connected)
    for function in FOLLOWED[name]:
        original = getattr(module, function, None)
        if original is not None and not isinstance(original, type):
            calls.replace(module, function, _after)
        elif isinstance(original, type):
            watch_class(original)


def _connected(_start: "Any", _result: "Any", _args: "Any", _named: "Any") -> None:
    journal.write("unseen", library="duckdb")


def watch_class(reader: "Any", word: str = "source", made: "Any" = None) -> None:
    """Follow a class that is given what it reads when it is made, as its first argument.

    `made` is told of each: the object, and what it was given.
    """
    original = reader.__init__
    if hasattr(original, "_cairn_original"):
        return

    @functools.wraps(original)
    def __init__(self: "Any", *args: "Any", **named: "Any") -> None:  # noqa: N807 (put on a class)
        _asked_for(calls.argument(args, named, 0, word))
        original(self, *args, **named)
        if made is not None:
            made(self, args, named)

    __init__._cairn_original = original  # pyright: ignore[reportAttributeAccessIssue] (functions take attributes)
    reader.__init__ = __init__


def _after(_start: "Any", _result: "Any", args: "Any", named: "Any") -> None:
    source = args[0] if args else next(iter(named.values()), None)
    _asked_for(source)


@journal.guarded
def _asked_for(source: "Any") -> None:
    for path in source if isinstance(source, (list, tuple)) else [source]:
        if isinstance(path, (str, bytes, os.PathLike)):
            for file in _files(os.fsdecode(path)):
                opened.read_elsewhere(file)
            for text in _QUOTED.findall(path) if isinstance(path, str) else ():
                for file in _files(text.replace("''", "'")):
                    opened.read_elsewhere(file)


def _files(path: str) -> "list[str]":
    """List what a path stands for: itself, a pattern's files, all files of a folder."""
    if os.path.isdir(path):
        walked = [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]
        return walked[:_MOST_FILES]
    if os.path.exists(path):
        return [path]
    bare = path.rpartition("://")[2].partition("?")[0]  # as XGBoost and CatBoost spell formats
    if os.path.exists(bare):
        return [bare]
    return glob.glob(path, recursive=True)[:_MOST_FILES]
