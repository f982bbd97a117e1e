"""What DVC's files say: outputs by their MD5, from `.dvc` files and `dvc.lock`.

1. An output belongs to the folder of the file that names it, or to its `wdir` there.
2. `md5` is over the bytes; up to DVC 2 (no field `hash`) text was hashed with its line ends
   turned into LF, and its cache has another layout.
3. A folder's MD5 ends in `.dir` and is that of a list of its files, which is an object itself.
"""

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from cairn.core.errors import Corrupt, Invalid
from cairn.core.run import Gap, Scalar
from cairn.core.tree import check_path
from cairn.data.dvc.pipeline import Pipeline
from cairn.data.dvc.text import load, mapping, scalar

LOCK, PIPELINE = "dvc.lock", "dvc.yaml"
DIRECTORY = ".dir"
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")


class Member(NamedTuple):
    """A file of a folder: its path within, and its MD5."""

    path: str
    md5: str


class Output(NamedTuple):
    """One output; `path` is that in the project, `legacy` tells DVC 2's way to hash and store.

    `members` are listed where the file that names the output lists them, as it does for
    remotes with versions of their own.
    """

    path: str
    md5: str
    where: str
    legacy: bool = False
    executable: bool = False
    members: tuple[Member, ...] = ()

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files."""
        return self.md5.endswith(DIRECTORY)


class Stage(NamedTuple):
    """A stage of a pipeline as it ran last: what went in, with which parameters, what came."""

    name: str
    inputs: tuple[Output, ...]
    outputs: tuple[Output, ...]
    parameters: dict[str, Scalar]


class Written(NamedTuple):
    """What one file of DVC says, and what it names without saying which bytes it has."""

    outputs: tuple[Output, ...] = ()
    stages: tuple[Stage, ...] = ()
    unknown: tuple[Gap, ...] = ()


def read_pointer(name: str, content: bytes) -> Written:
    """Read a `.dvc` file that lies at `name` in the project; raises `Corrupt`."""
    values = mapping(load(name, content), name)
    folder = posixpath.join(posixpath.dirname(name), str(values.get("wdir") or "."))
    outputs, unknown = _outputs(values.get("outs"), folder, name)
    return Written(outputs, unknown=unknown)


def read_lock(name: str, content: bytes, pipeline: Pipeline) -> Written:
    """Read a `dvc.lock`, with what the `dvc.yaml` beside it says; raises `Corrupt`."""
    values = mapping(load(name, content), name)
    stages: Any = values  # DVC 1 had no schema
    if "schema" in values:
        stages = values.get("stages")
    found = [
        _stage(stage, mapping(facts, name), pipeline, name)
        for stage, facts in sorted(mapping(stages or {}, name).items())
    ]
    return Written(
        tuple(output for stage, _ in found for output in stage.outputs),
        tuple(stage for stage, _ in found),
        tuple(gap for _, gaps in found for gap in gaps),
    )


def read_folder(content: bytes, *, name: str) -> tuple[Member, ...]:
    """Read the list of a folder's files, sorted by path; raises `Corrupt`."""
    try:
        rows = cast("list[dict[str, str]]", json.loads(content))
        members = [_member(row) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError, Invalid) as error:
        raise Corrupt(f"DVC's list of the files in {name} cannot be read: {error}") from error
    return tuple(sorted(members, key=lambda member: member.path.encode()))


def folder_md5(members: Sequence[Member]) -> str:
    """Compute the MD5 of a folder as DVC does: over its list, sorted by path."""
    rows = [{"md5": m.md5, "relpath": m.path} for m in sorted(members, key=lambda m: m.path)]
    content = json.dumps(rows, sort_keys=True).encode()
    return hashlib.md5(content, usedforsecurity=False).hexdigest() + DIRECTORY


def _stage(
    stage: str, facts: Mapping[str, Any], pipeline: Pipeline, name: str
) -> tuple[Stage, tuple[Gap, ...]]:
    folder = pipeline.folders.get(stage.partition("@")[0], ".")
    place, where = posixpath.join(posixpath.dirname(name), folder), f"{name} (stage {stage})"
    outputs, unknown = _outputs(facts.get("outs"), place, where)
    inputs, _ = _outputs(facts.get("deps"), place, where)
    parameters = {
        key: value
        for values in mapping(facts.get("params") or {}, where).values()
        for key, value in _flat(values)
    }
    return Stage(stage, inputs, outputs, parameters), unknown


def _flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Scalar]]:
    """Yield parameters by their dotted names; a list is one value, as text."""
    if isinstance(values, dict):
        for name, value in cast("dict[str, Any]", values).items():
            yield from _flat(value, f"{prefix}.{name}" if prefix else name)
    elif prefix:
        yield prefix, scalar(values)


def _outputs(rows: Any, folder: str, where: str) -> tuple[tuple[Output, ...], tuple[Gap, ...]]:
    rows = None if rows in ("", "null", "~") else rows
    if rows is not None and not isinstance(rows, list):
        raise Corrupt(f"{where}: its outputs are not a list; restore it from git")
    outputs: list[Output] = []
    unknown: list[Gap] = []
    for row in cast("list[Any]", rows or []):
        found = _output(mapping(row, where), folder, where)
        if isinstance(found, Output):
            outputs.append(found)
        else:
            unknown.append(found)
    return tuple(outputs), tuple(unknown)


def _output(row: Mapping[str, Any], folder: str, where: str) -> Output | Gap:
    path = row.get("path")
    if not isinstance(path, str):
        raise Corrupt(f"{where}: an output has no path; restore it from git")
    place = posixpath.normpath(posixpath.join(folder, path))
    if "://" in path or place.startswith(("/", "../")) or place in (".", ".."):
        return _unknown(
            path,
            f"{where} names {path}, which lies outside of the project",
            "snapshot it where it lies: `cairn snapshot add`",
        )
    members = _members(row.get("files"), where)
    md5 = str(row.get("md5") or "") or (folder_md5(members) if members else "")
    if not _MD5.fullmatch(md5):
        return _unknown(
            place,
            f"{where} names {place} without the MD5 of its bytes",
            "run `dvc commit` or `dvc repro` there, then adopt again",
        )
    return Output(
        path=place,
        md5=md5,
        where=where,
        legacy="hash" not in row,
        executable=row.get("isexec") == "true",
        members=members,
    )


def _members(rows: Any, where: str) -> tuple[Member, ...]:
    if not isinstance(rows, list):
        return ()
    try:
        return tuple(_member(row) for row in cast("list[dict[str, str]]", rows))
    except (TypeError, KeyError, AttributeError, Invalid) as error:
        raise Corrupt(f"{where}: its list of files cannot be read: {error}") from error


def _member(row: Mapping[str, str]) -> Member:
    md5 = row["md5"]
    if not _MD5.fullmatch(md5) or md5.endswith(DIRECTORY):
        raise Invalid(f"{md5!r} is not an MD5")
    check_path(row["relpath"].encode())
    return Member(row["relpath"], md5)


def _unknown(path: str, reason: str, fix: str) -> Gap:
    return Gap(field=path, reason=reason, fix=fix)
