"""What a `dvc.yaml` says beside its lock: where stages run, what is a metric, what a model."""

import posixpath
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from cairn.core.errors import Corrupt
from cairn.data.dvc.text import load, mapping

_MEASURED = ("metrics", "plots")


class Artifact(NamedTuple):
    """A file or folder with a name: `churn` is `models/churn.pkl`, and a model."""

    name: str
    path: str
    kind: str


class Pipeline(NamedTuple):
    """Working folders of stages by name, paths of metrics and plots, and named artifacts."""

    folders: dict[str, str] = {}
    measured: frozenset[str] = frozenset()
    artifacts: tuple[Artifact, ...] = ()


def read_pipeline(name: str, content: bytes) -> Pipeline:
    """Read the `dvc.yaml` that lies at `name` in the project; raises `Corrupt`."""
    values = mapping(load(name, content), name)
    beside = posixpath.dirname(name)
    folders: dict[str, str] = {}
    measured: set[str] = set()
    for stage, facts in mapping(values.get("stages") or {}, name).items():
        body = mapping(facts, name)
        inner: Any = body.get("do")
        body = cast("dict[str, Any]", inner) if isinstance(inner, dict) else body
        folders[stage] = str(body.get("wdir") or ".")
        place = posixpath.join(beside, folders[stage])
        measured.update(_paths(place, (body.get(key) for key in _MEASURED)))
    measured.update(_paths(beside, (values.get(key) for key in _MEASURED)))
    return Pipeline(folders, frozenset(measured), tuple(_artifacts(name, values)))


def _paths(folder: str, lists: Iterator[Any]) -> Iterator[str]:
    """Yield the paths in lists of `path` and `path: settings`."""
    for rows in lists:
        if not isinstance(rows, list):
            continue
        for row in cast("list[Any]", rows):
            names = cast("dict[str, Any]", row) if isinstance(row, dict) else [str(row)]
            for path in names:
                yield posixpath.normpath(posixpath.join(folder, path))


def _artifacts(name: str, values: dict[str, Any]) -> Iterator[Artifact]:
    for called, facts in mapping(values.get("artifacts") or {}, name).items():
        about = mapping(facts, name)
        path = about.get("path")
        if not isinstance(path, str):
            raise Corrupt(f"{name}: the artifact {called} has no path")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        yield Artifact(called, place, str(about.get("type") or ""))
