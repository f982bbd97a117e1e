"""A version refers to frozen data only: what may change under it is refused, with the fix."""

import re
import shlex
from pathlib import PurePath

from cairn.core.errors import Refused

_SNAPSHOT = re.compile(r"snap:.+|sha256:[0-9a-f]{8,64}")
_ADDRESS = re.compile(r"(?:jdbc:)?([A-Za-z][A-Za-z0-9+.-]+):/.*", re.DOTALL)
_QUERY = re.compile(r"\s*(select|with|from|table)\s.+", re.IGNORECASE | re.DOTALL)
_TABLE = re.compile(r"[\w$]+(\.[\w$]+){0,3}")
_LOGIN = re.compile(r"[^/@\s]*:[^/@\s]*@")
_LONGEST_SHOWN = 200
PATH = "PATH"

_LAKES = ("delta", "iceberg", "lakefs")
_FETCHED = {
    "a web address": ("http", "https", "ftp", "sftp"),
    "an object store's address": (
        *("s3a", "s3n", "gcs", "abfs", "abfss", "wasb", "wasbs", "adl"),
        *("r2", "oss", "b2", "swift", "hdfs", "webhdfs", "dbfs"),
    ),
}
_FILE_SUFFIXES = frozenset(
    {
        *(
            ".csv",
            ".tsv",
            ".txt",
            ".json",
            ".jsonl",
            ".parquet",
            ".feather",
            ".arrow",
            ".xlsx",
        ),
        *(".npy", ".npz", ".pkl", ".joblib", ".h5", ".db", ".sqlite", ".gz", ".zip", ".tar"),
    }
)


def check_frozen(text: str) -> str:
    """Return a reference to a snapshot, `snap:NAME` or `sha256:...`, as it is.

    Raises `Refused` for whatever may hold other data tomorrow (a path, a URL, a bucket, a
    table, a query), with what freezes it as `fix`.
    """
    if _SNAPSHOT.fullmatch(text):
        return text
    refuse_address(text)
    if _QUERY.fullmatch(text):
        raise _refused(text, "a query", _export())
    if _is_path(text):
        raise _refused(text, "a path", _add(text))
    if _TABLE.fullmatch(text):
        raise _refused(
            text, "a bare name", f"write snap:{text} if a snapshot has it, else {_export()}"
        )
    raise _refused(text, "no snapshot's name or digest", _add(PATH))


def refuse_address(text: str) -> None:
    """Raise `Refused` if `text` is the address of something elsewhere: `s3://...`.

    One that was taken for a path has lost a slash: `s3:/...`.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return
    text = re.sub(r"(?<=:)/(?=[^/])", "//", text, count=1)
    scheme = found[1].lower()
    if scheme == "file":
        raise _refused(text, "a path", _add(re.sub(r"^file:/+", "/", text)))
    if scheme in _LAKES:
        raise _refused(text, "a lake's address", _add(text))
    if scheme in ("s3", "gs", "az"):
        raise _refused(text, "a bucket's address", _add(text))
    for what, schemes in _FETCHED.items():
        if scheme in schemes:
            raise _refused(
                text, what, f"copy the files into a folder first, then {_add(PATH)}"
            )
    raise _refused(text, "a database's or table's address", _export())


def _is_path(text: str) -> bool:
    return (
        "/" in text
        or "\\" in text
        or text.startswith((".", "~"))
        or PurePath(text).suffix.lower() in _FILE_SUFFIXES
    )


def _add(path: str) -> str:
    stem = re.sub(r"[^a-z0-9._-]+", "-", PurePath(path).stem.lower()).strip("._-")
    name = "NAME" if path == PATH else stem or "data"
    return f"run `cairn snapshot add {shlex.quote(path)} --name {name}`, refer to snap:{name}"


def _export() -> str:
    return f"export the rows to a file first, then {_add(PATH)}"


def _refused(text: str, what: str, fix: str) -> Refused:
    shown = _LOGIN.sub("***@", text)
    if len(shown) > _LONGEST_SHOWN:
        shown = shown[:_LONGEST_SHOWN] + "..."
    return Refused(f"{shown!r} is {what} and may hold other data tomorrow", fix=fix)
