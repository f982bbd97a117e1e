"""What a model predicts, found out from its labels where `cairn.toml` does not say it.

| labels of the evaluation data | task | score |
|---|---|---|
| 0 and 1, or true and false | binary | predict_proba |
| text, or up to 20 different whole numbers | multiclass | predict_proba |
| any other numbers | regression | predict |

What `cairn.toml` says stands; a `score` of `predict` makes whole numbers a regression.
"""

import numpy as np

from cairn.config import EvaluationSettings
from cairn.core.errors import NotFound
from cairn.core.evaluation import Task
from cairn.core.snapshot import SnapshotInfo
from cairn.data.read_table import read_table
from cairn.data.tables.column import Column
from cairn.project import Project

MOST_CLASSES = 20
_METHODS: dict[Task, str] = {"regression": "predict", "ranking": "predict"}


def asked(
    project: Project, settings: EvaluationSettings, *, on: SnapshotInfo | None = None
) -> tuple[Task, str]:
    """Say what is predicted, and by which method or function a model says it.

    While the data that `cairn.toml` names are not frozen yet, the labels are those of `on`.
    Raises what reading the data raises, where the labels have to be looked at.
    """
    values: Task | None = "values" if settings.values else None
    task = settings.task or values or _found(project, settings, on)
    return task, settings.score or _METHODS.get(task, "predict_proba")


def task_of(labels: Column, *, numbers: bool) -> Task:
    """Say what labels are; with `numbers` whole numbers are amounts, not classes."""
    if labels.kind == "text":
        return "multiclass"
    values = np.unique(labels.array[~labels.missing])
    if np.isin(values, (0, 1)).all():
        return "binary"
    whole = labels.kind == "int" and values.size <= MOST_CLASSES
    return "multiclass" if whole and not numbers else "regression"


def _found(project: Project, settings: EvaluationSettings, on: SnapshotInfo | None) -> Task:
    try:
        snapshot = project.find_snapshot(settings.data)
    except NotFound:
        if on is None:
            raise
        snapshot = on
    table = read_table(project, snapshot, file=settings.file)
    return task_of(table.column(settings.label), numbers=settings.score == "predict")
