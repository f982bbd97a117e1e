"""Data that code asks for by name: files, addresses, tables and queries."""

import ast
import re
from collections.abc import Iterator

from cairn.inventory import sql
from cairn.inventory.findings import DataRead, Unread
from cairn.inventory.source import Source, called, shown, text_of

MOST_STATEMENTS = 200

_SCHEMES = (
    r"s3[an]?|gs|gcs|az|abfss?|wasbs?|adl|hdfs|dbfs|lakefs|oss|minio|hf|s?ftp|bigquery|snowflake"
    r"|postgres(?:ql)?|mysql|mariadb|mssql|oracle|sqlite|duckdb|redshift|trino|databricks|mongodb"
    r"|clickhouse"
)
_ADDRESS = re.compile(rf"(?:{_SCHEMES})(?:\+\w+)?://\S+|dbfs:/\S+")
_DATA_SUFFIX = re.compile(
    r"\.(?:csv|tsv|parquet|feather|arrow|jsonl|ndjson|sqlite3?|orc|avro|xlsx?)"
    r"(?:\.(?:gz|bz2|xz|zst|zip))?$",
    re.IGNORECASE,
)
_FILE_READERS = frozenset(
    {"read_csv", "read_parquet", "read_feather", "read_json", "read_excel", "read_table"}
    | {"read_hdf", "read_orc", "read_pickle", "read_ipc", "read_ndjson", "read_delta"}
    | {"scan_csv", "scan_parquet", "scan_ndjson", "scan_ipc", "scan_delta", "read_fwf"}
    | {"loadtxt", "genfromtxt", "load_svmlight_file", "load_from_disk", "ImageFolder"}
    | {"open_dataset", "image_dataset_from_directory"}
)
_TABLE_READERS = ("spark.table", "read.table", "read_sql_table", "DeltaTable.forName")
_QUERY_READERS = frozenset(
    {"read_sql", "read_sql_query", "read_gbq", "read_database", "sql", "execute", "query"}
)
_NAMED_SETS = re.compile(
    r"(?:sklearn\.datasets|seaborn)\.(?:load|fetch)_\w+|(?:\w+\.)?load_dataset"
    r"|(?:.*\.)?fetch_openml|torchvision\.datasets\.\w+|(?:.*\.)?keras\.datasets\.\w+\.load_data"
)
_WRITERS = re.compile(
    r"to_\w+|write_\w+|sink_\w+|save\w*|dump|mkdir|makedirs|unlink|remove|log_artifact"
)
_PATH_KEYWORDS = ("filepath_or_buffer", "path", "source", "io", "sql", "query", "fname")
_WRITING_MODES = ("w", "a", "x")


def reads(source: Source) -> Iterator[DataRead]:
    """List what a file of code reads, each thing where it is named first."""
    seen: set[str] = set()
    for read in _reads(source):
        if read.what not in seen:
            seen.add(read.what)
            yield read


def sql_reads(name: str, content: bytes) -> Iterator[DataRead | Unread]:
    """List the queries of an SQL file, the first `MOST_STATEMENTS` of them."""
    line, listed = 1, 0
    for statement in content.decode("utf-8", "replace").split(";"):
        start = line + statement[: len(statement) - len(statement.lstrip())].count("\n")
        line += statement.count("\n")
        if not sql.reads(statement):
            continue
        listed += 1
        if listed > MOST_STATEMENTS:
            rest = f"has more than {MOST_STATEMENTS} queries: the rest is left out"
            yield Unread(path=name, reason=rest)
            return
        yield _query(f"{name}:{start}", statement)


def _reads(source: Source) -> Iterator[DataRead]:
    done: set[int] = set()
    written: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.Call) and _writes(source, node):
            for argument in [*node.args, *(k.value for k in node.keywords)]:
                if text := text_of(source, argument):
                    written.add(text)
                    done.update(id(part) for part in ast.walk(argument))
    for node in source.nodes:
        if id(node) in done or not isinstance(node, ast.expr):
            continue
        at = source.place(node.lineno)
        found = _call(source, node, at) if isinstance(node, ast.Call) else None
        text = None if found else text_of(source, node)
        if text is not None and text not in written:
            found = _named(text, at)
        if found is not None or text is not None:
            done.update(id(part) for part in ast.walk(node))
        if found is not None:
            yield found


def _call(source: Source, node: ast.Call, at: str) -> DataRead | None:
    name = called(source, node)
    if _NAMED_SETS.fullmatch(name):
        return DataRead(at=at, kind="location", what=shown(ast.unparse(node)))
    text = next((t for arg in _texts(node) if (t := text_of(source, arg))), None)
    return None if text is None else _asked(name, text, at)


def _asked(name: str, text: str, at: str) -> DataRead | None:
    """Read what a call named so asks for by this text."""
    last = name.rpartition(".")[2]
    by_name = last == "read_sql" and re.fullmatch(r"[\w.]+", text)
    if by_name or name.endswith(_TABLE_READERS):
        return DataRead(at=at, kind="table", what=shown(text), tables=(shown(text),))
    if last in _QUERY_READERS and (sql.is_query(text) or sql.tables(text)):
        return _query(at, text)
    if last in _FILE_READERS:
        return _named(text, at) or DataRead(at=at, kind="file", what=shown(text))
    return None


def _named(text: str, at: str) -> DataRead | None:
    """Read what a piece of text names, if it can only be data."""
    if _ADDRESS.fullmatch(text) or (text.startswith("http") and _DATA_SUFFIX.search(text)):
        return DataRead(at=at, kind="location", what=shown(text.partition("?")[0]))
    if _is_data_file(text):
        return DataRead(at=at, kind="file", what=shown(text))
    return _query(at, text) if sql.is_query(text) and sql.tables(text) else None


def _is_data_file(text: str) -> bool:
    """Tell the name of a file from a suffix alone and from names that are put together."""
    suffix = _DATA_SUFFIX.search(text)
    if suffix is None or "\n" in text:
        return False
    return re.search(r"[^\W_]", re.sub(r"\{\}|%\w", "", text[: suffix.start()])) is not None


def _query(at: str, text: str) -> DataRead:
    names = (*sql.tables(text), *sql.files(text))
    return DataRead(
        at=at,
        kind="query",
        what=shown(sql.plain(text)),
        tables=tuple(shown(name) for name in names),
    )


def _texts(node: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments that say what is read: the first, and those named so."""
    yield from node.args[:1]
    yield from (k.value for k in node.keywords if k.arg in _PATH_KEYWORDS)


def _writes(source: Source, node: ast.Call) -> bool:
    last = called(source, node).rpartition(".")[2]
    if last == "open":
        modes = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "mode")]
        return any((text_of(source, m) or "r").startswith(_WRITING_MODES) for m in modes)
    return _WRITERS.fullmatch(last) is not None
