"""Predictions that were made elsewhere, as a Parquet file: columns as in `predictions/1`.

`id`; `label` and `score`, or `score:CLASS` for each of several classes with labels by name;
`weight` and `unit` where there are some; `value:NAME` for numbers of the project's own;
`group:NAME`. The order of rows and columns does not matter, any other column is refused.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from cairn.core.errors import Invalid
from cairn.core.evaluation import Better, EvaluationInfo, Task
from cairn.core.version import Version
from cairn.data.evaluation import record_evaluation
from cairn.data.read_table import read_table
from cairn.data.tables.parquet import reading_parquet
from cairn.gates.evaluation import artifacts_of, configured_scorer
from cairn.gates.rows import expected
from cairn.gates.scorer import ELSEWHERE
from cairn.project import Project
from cairn.stats.misfit import misfit
from cairn.stats.predictions import Predictions
from cairn.stats.tabulate import tabulate, tabulate_classes

_SCORE, _VALUE, _GROUP = "score:", "value:", "group:"


def read_predictions(
    path: Path, *, task: Task = "binary", lower: Collection[str] = ()
) -> Predictions:
    """Read predictions from a Parquet file; `lower` names the values that are better lower.

    Raises `Invalid`, naming file and column, for what is missing, unknown or no prediction.
    """
    if not path.is_file():
        raise Invalid(f"there is no file {path}")
    with reading_parquet(path, what=str(path)) as file:
        names: list[str] = file.schema_arrow.names
        columns = {name: file.read(columns=[name]).column(0) for name in names}
    try:
        return _predictions(columns, task, lower=lower)
    except Invalid as error:
        raise Invalid(f"{path}: {error}") from error


def evaluate_elsewhere(
    project: Project, version: Version, path: Path, *, on: str
) -> EvaluationInfo:
    """Record predictions of a version that a Parquet file holds, for the snapshot `on`.

    Raises `Invalid` unless `cairn.toml` says `score = "elsewhere"`, and unless ids and labels
    are those of the snapshot: predictions made on another set are not evidence.
    """
    scorer = configured_scorer(project, version)
    if scorer.score != ELSEWHERE:
        raise Invalid(
            f"cairn.toml scores {version.name} with {scorer.score}; write "
            f'`score = "{ELSEWHERE}"` there to hand in predictions'
        )
    snapshot = project.find_snapshot(on)
    lower = [name for name, better in scorer.values.items() if better == "lower"]
    found = read_predictions(path, task=scorer.task, lower=lower)
    table = read_table(project, snapshot, file=scorer.data)
    if fault := misfit(found, expected(table, found, scorer)):
        raise Invalid(f"{path} does not hold predictions for {on}: {fault.reason}")
    return record_evaluation(
        project,
        artifacts=artifacts_of(version).tree,
        snapshot=snapshot.digest,
        scorer=scorer,
        predictions=found,
    )


def _predictions(
    columns: dict[str, Any], task: Task, *, lower: Collection[str]
) -> Predictions:
    _require_columns(columns, task)
    scores = {name: _numbers(columns, name) for name in columns if name.startswith(_SCORE)}
    beside: dict[str, Any] = {
        "groups": {
            name.removeprefix(_GROUP): _words(columns, name)
            for name in columns
            if name.startswith(_GROUP)
        },
        "weight": _numbers(columns, "weight") if "weight" in columns else None,
        "unit": _words(columns, "unit") if "unit" in columns else None,
        "values": _values(columns, lower),
    }
    ids = _words(columns, "id")
    if task == "multiclass":
        named = {name.removeprefix(_SCORE): found for name, found in scores.items()}
        return tabulate_classes(ids, _words(columns, "label"), scores=named, **beside)
    told = task != "values"
    label: Any = _numbers(columns, "label") if told else []
    score: Any = _numbers(columns, "score") if told else []
    return tabulate(ids, label, score=score, task=task, **beside)


def _require_columns(columns: dict[str, Any], task: Task) -> None:
    needed = {"id"} if task == "values" else {"id", "label"}
    if task not in ("values", "multiclass"):
        needed.add("score")
    if lacking := sorted(needed - columns.keys()):
        raise Invalid(f"predictions of task {task} have no column {', '.join(lacking)}")
    free = (_VALUE, _GROUP, *([_SCORE] if task == "multiclass" else []))
    known = {*needed, "weight", "unit"}
    strange = [name for name in columns if name not in known and not name.startswith(free)]
    if strange:
        raise Invalid(f"column {strange[0]!r} is not one of predictions of task {task}")


def _values(columns: dict[str, Any], lower: Collection[str]) -> dict[str, tuple[Any, Better]]:
    names = [name.removeprefix(_VALUE) for name in columns if name.startswith(_VALUE)]
    if unknown := sorted(set(lower) - set(names)):
        raise Invalid(f"there is no column value:{unknown[0]} that could be better lower")
    return {
        name: (_numbers(columns, _VALUE + name), "lower" if name in lower else "higher")
        for name in names
    }


def _numbers(columns: dict[str, Any], name: str) -> Any:
    if columns[name].null_count:
        raise Invalid(f"column {name!r} has {columns[name].null_count} missing values")
    numbers = columns[name].to_numpy()
    if numbers.dtype.kind not in "iufb":
        kind = columns[name].type  # of a column that repeats its values: a dictionary of them
        held = getattr(kind, "value_type", kind)
        raise Invalid(f"column {name!r} holds {held}, not numbers")
    return numbers.astype(np.float64)


def _words(columns: dict[str, Any], name: str) -> list[object]:
    if columns[name].null_count:
        raise Invalid(f"column {name!r} has {columns[name].null_count} missing values")
    return columns[name].to_pylist()
