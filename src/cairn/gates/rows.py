"""What a table says to a scorer: the rows that a model sees, and everything beside them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cairn.core.errors import Invalid
from cairn.core.evaluation import Scorer
from cairn.data.column import Column
from cairn.data.table import Table
from cairn.gates.scorer import Score
from cairn.stats.predictions import Floats, Predictions
from cairn.stats.tabulate import tabulate

MISSING = "(missing)"


def predict(model: Any, table: Table, *, scorer: Scorer, score: Score) -> Predictions:
    """Score every row of a table.

    Raises `Invalid` for an empty table, labels that are not 0 and 1, ids that are missing or
    occur twice, and scores that are not one finite number a row; `NotFound` for a column that
    is not there.
    """
    if not table.rows:
        raise Invalid(f"{table.name} has no rows")
    labels = _labels(table.column(scorer.label))
    scores = score(model, inputs(model, table, scorer=scorer))
    return tabulate(
        table.column(scorer.id).texts() if scorer.id else range(1, table.rows + 1),
        labels,
        score=_one_number_each(scores, table.rows),
        groups={name: group_values(table.column(name)) for name in scorer.groups},
    )


def inputs(model: Any, table: Table, *, scorer: Scorer) -> Any:
    """Give the rows as the model was trained on them; the label is never among the columns.

    A function of the project gets all but label, id and what `cairn.toml` drops, and a model
    that names no columns all but those and the groups: as an array if scikit-learn counted
    them when it was fitted, else as a DataFrame.
    """
    hidden = {table.column(name).name for name in (scorer.label, *scorer.drop)}
    beside = {*hidden, *([scorer.id] if scorer.id else [])}
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


def _labels(column: Column) -> Floats:
    name, rows = column.name, column.missing.size
    if unknown := int(column.missing.sum()):
        raise Invalid(
            f"{unknown} of {rows} rows have no label in column {name!r}: "
            "leave them out of the snapshot"
        )
    if column.kind == "text":
        raise Invalid(
            f"the labels in column {name!r} are text such as {column.array[0]!r}: "
            "write 1 for what is to be predicted, and 0"
        )
    labels = column.array.astype(np.float64)
    if wrong := int(((labels != 0) & (labels != 1)).sum()):
        raise Invalid(f"{wrong} of {rows} labels in column {name!r} are neither 0 nor 1")
    return labels


def _one_number_each(scores: Any, rows: int) -> Floats:
    if scores.shape != (rows,):
        shape = " x ".join(map(str, scores.shape))
        raise Invalid(f"the scorer gave {shape} values for {rows} rows")
    if scores.dtype.kind not in "fiub":
        raise Invalid(f"the scorer gave {scores.dtype} values, not numbers")
    numbers: Floats = scores.astype(np.float64)
    if wrong := int((~np.isfinite(numbers)).sum()):
        raise Invalid(f"{wrong} of {rows} scores are NaN or infinite")
    return numbers
