"""What a table says to a scorer: the rows that a model sees, and everything beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cairn.core.errors import Invalid
from cairn.core.evaluation import Better, Scorer, Task
from cairn.core.words import counted, of_all
from cairn.data.tables.column import Column
from cairn.data.tables.table import Table
from cairn.gates.perturb import perturb
from cairn.gates.scorer import Metrics, Score
from cairn.stats.scored import Floats, Predictions
from cairn.stats.tabulate import tabulate, tabulate_classes

MISSING = "(missing)"
_HAS = ("has", "have")


def predict(
    model: Any, table: Table, *, scorer: Scorer, score: Score, metrics: Metrics | None = None
) -> Predictions:
    """Score every row of a table, under the scorer's perturbation if it names one.

    Raises `Invalid` for an empty table, labels that the task cannot have, ids that are missing
    or occur twice, and scores that are not finite numbers as the task wants them; `NotFound`
    for a column that is not there.
    """
    if not table.rows:
        raise Invalid(f"{table.name} has no rows")
    if metrics is None and (scorer.values or scorer.task == "values"):
        raise Invalid(
            "cairn.toml asks for values of the project's own: name the function that gives "
            'them, `metrics = "module:function"`, and each of them under `values`'
        )
    told = scorer.task != "values"
    labels: Any = _labels(table.column(scorer.label), scorer.task) if told else []
    rows = inputs(model, table, scorer=scorer)
    outputs = score(model, perturb(rows, scorer.perturbation) if scorer.perturbation else rows)
    beside: dict[str, Any] = {
        "groups": {name: group_values(table.column(name)) for name in scorer.groups},
        "weight": _weights(table.column(scorer.weight)) if scorer.weight else None,
        "unit": group_values(table.column(scorer.unit)) if scorer.unit else None,
        "values": _own_values(scorer, metrics(table.to_frame(), outputs)) if metrics else None,
    }
    ids = table.column(scorer.id).texts() if scorer.id else range(1, table.rows + 1)
    if scorer.task == "multiclass":
        scores = _class_scores(model, outputs, table.rows)
        return tabulate_classes(ids, labels, scores=scores, **beside)
    if not told:
        return tabulate(ids, [], score=[], task="values", **beside)
    single = _one_number_each(outputs, table.rows)
    return tabulate(ids, labels, score=single, task=scorer.task, **beside)


def expected(table: Table, found: Predictions, scorer: Scorer) -> Predictions:
    """Predictions as found, with the ids, labels, groups, units and weights of the table.

    What somebody else predicted is for this table if it equals this.
    """
    beside: dict[str, Any] = {
        "groups": {name: group_values(table.column(name)) for name in scorer.groups},
        "weight": _weights(table.column(scorer.weight)) if scorer.weight else None,
        "unit": group_values(table.column(scorer.unit)) if scorer.unit else None,
    }
    ids = table.column(scorer.id).texts() if scorer.id else range(1, table.rows + 1)
    if scorer.task == "values":
        empty = np.zeros(table.rows)
        blank: dict[str, tuple[Any, Better]] = {
            name: (empty, own.better) for name, own in found.values.items()
        }
        return tabulate(ids, [], score=[], task="values", values=blank, **beside)
    labels = _labels(table.column(scorer.label), scorer.task)
    if scorer.task == "multiclass":
        scores = {name: np.zeros(table.rows) for name in found.classes}
        return tabulate_classes(ids, labels, scores=scores, **beside)
    return tabulate(ids, labels, score=np.zeros(table.rows), task=scorer.task, **beside)


def inputs(model: Any, table: Table, *, scorer: Scorer) -> Any:
    """Give the rows as the model was trained on them; the label is never among the columns.

    A function of the project gets all but label, id and what `cairn.toml` drops, and a model
    that names no columns all but those and the groups: as an array if scikit-learn counted
    them when it was fitted, else as a DataFrame.
    """
    hidden = {table.column(name).name for name in (scorer.label, *scorer.drop)}
    named_apart = (scorer.id, scorer.unit, scorer.weight)
    beside = {*hidden, *(table.column(name).name for name in named_apart if name)}
    if scorer.source is not None:
        return table.without(beside).to_frame()
    named: Sequence[str] = list(getattr(model, "feature_names_in_", ()))
    if not named:
        frame = table.without({*beside, *scorer.groups}).to_frame()
        return frame.to_numpy() if hasattr(model, "n_features_in_") else frame
    if seen := [name for name in named if name in hidden]:
        raise Invalid(
            f"the model was trained with {', '.join(map(repr, seen))}, which cairn.toml names "
            "as the label or drops: such an evaluation would be worth nothing"
        )
    for name in named:
        table.column(name)
    return table.to_frame()[named]


def group_values(column: Column) -> list[str]:
    """Spell the groups of a column: whole numbers without a point, `(missing)` for none."""
    values: list[object] = column.array.tolist()
    return [
        MISSING if missing else _spelled(value)
        for value, missing in zip(values, column.missing.tolist(), strict=True)
    ]


def _spelled(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _labels(column: Column, task: Task) -> Any:
    """Labels as the task wants them: numbers, or the names of classes."""
    name, rows = column.name, column.missing.size
    if unknown := int(column.missing.sum()):
        raise Invalid(
            f"{of_all(unknown, rows, 'row', _HAS)} no label in column {name!r}: "
            "leave them out of the snapshot"
        )
    if task == "multiclass":
        return group_values(column)
    if column.kind == "text":
        classes = counted(len(set(column.array.tolist())), "class", "classes")
        raise Invalid(
            f"{classes} in column {name!r}, such as {column.array[0]!r}, but task is "
            f"{task!r} in cairn.toml: "
            'write task = "multiclass" there, or leave task out'
        )
    labels: Floats = column.array.astype(np.float64)
    wrong = int(((labels != 0) & (labels != 1)).sum()) if task == "binary" else 0
    if wrong:
        raise Invalid(f"{wrong} of {rows} labels in column {name!r} are neither 0 nor 1")
    return labels


def _weights(column: Column) -> Floats:
    if column.kind == "text" or column.missing.any():
        raise Invalid(f"the weights in column {column.name!r} must be numbers, one a row")
    return column.array.astype(np.float64)


def _class_scores(model: Any, outputs: Any, rows: int) -> dict[str, Floats]:
    """One column a class: shares as the model gives them, or 1 for the class that it names."""
    known = [_spelled(value) for value in np.asarray(getattr(model, "classes_", ())).tolist()]
    if outputs.shape == (rows,):
        said = [_spelled(value) for value in outputs.tolist()]
        names = known or sorted(set(said))
        return {name: np.array([one == name for one in said], np.float64) for name in names}
    if outputs.ndim != 2 or outputs.shape != (rows, len(known)):  # noqa: PLR2004 - rows, classes
        shape = " x ".join(map(str, outputs.shape))
        raise Invalid(
            f"the scorer gave {shape} values for {rows} rows and {len(known)} classes: "
            "the model must name its classes in `classes_`"
        )
    return {name: _one_number_each(outputs[:, at], rows) for at, name in enumerate(known)}


def _own_values(scorer: Scorer, found: Mapping[str, Any]) -> dict[str, tuple[Any, Better]]:
    if found.keys() != scorer.values.keys():
        raise Invalid(
            f"{scorer.metrics} gave {sorted(found)}, but cairn.toml names "
            f"{sorted(scorer.values)} under `values`"
        )
    return {name: (found[name], better) for name, better in scorer.values.items()}


def _one_number_each(scores: Any, rows: int) -> Floats:
    if scores.shape != (rows,):
        shape = " x ".join(map(str, scores.shape))
        values = "1 value" if shape == "1" else f"{shape} values"
        raise Invalid(f"the scorer gave {values} for {rows} rows")
    if scores.dtype.kind not in "fiub":
        raise Invalid(f"the scorer gave {scores.dtype} values, not numbers")
    numbers: Floats = scores.astype(np.float64)
    if wrong := int((~np.isfinite(numbers)).sum()):
        raise Invalid(f"{wrong} of {rows} scores are NaN or infinite")
    return numbers
