"""From loose columns, as scripts and data frames have them, to canonical predictions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from numbers import Integral, Real

import numpy as np
import numpy.typing as npt

from cairn.core.errors import Invalid
from cairn.core.evaluation import Better, Task
from cairn.stats.scored import (
    Codes,
    Floats,
    Grouping,
    OwnValues,
    Places,
    Predictions,
    fault_of,
)


def tabulate(
    ids: Iterable[object],
    label: npt.ArrayLike,
    *,
    score: npt.ArrayLike,
    groups: Mapping[str, Iterable[object]] | None = None,
    weight: npt.ArrayLike | None = None,
    task: Task = "binary",
    unit: Iterable[object] | None = None,
    values: Mapping[str, tuple[npt.ArrayLike, Better]] | None = None,
) -> Predictions:
    """Build predictions of one number a row from columns of one length, in any row order.

    Ids, units and group values are text, or whole numbers and booleans, which are written as
    Python writes them; `values` are numbers of the project's own and which way is better. Of
    task `values` there is neither label nor score, and both are given empty. Raises
    `Invalid`, naming the column and the first id, for a missing value, NaN or infinity, an id
    that occurs twice, a negative weight, and columns of different lengths.
    """
    named = _texts(ids, "id")
    ranked = sorted(range(len(named)), key=named.__getitem__)
    order = np.array(ranked, dtype=np.intp)
    sorted_ids = tuple(named[row] for row in ranked)
    _require_unique(sorted_ids)
    told = task != "values"
    predictions = Predictions(
        ids=sorted_ids,
        label=_numbers(label, "label", order=order) if told else np.empty(0),
        score=_numbers(score, "score", order=order) if told else np.empty(0),
        task=task,
        unit=None if unit is None else _grouping(unit, "unit", order=order, ids=named),
        values={
            name: OwnValues(numbers=_numbers(found, name, order=order), better=better)
            for name, (found, better) in sorted((values or {}).items())
        },
        groups={
            name: _grouping(values, name, order=order, ids=named)
            for name, values in sorted((groups or {}).items())
        },
        weight=None if weight is None else _numbers(weight, "weight", order=order),
    )
    if fault := fault_of(predictions):
        raise Invalid(f"predictions: {fault}")
    return predictions


def tabulate_classes(
    ids: Iterable[object],
    label: Iterable[object],
    *,
    scores: Mapping[str, npt.ArrayLike],
    groups: Mapping[str, Iterable[object]] | None = None,
    weight: npt.ArrayLike | None = None,
    unit: Iterable[object] | None = None,
    values: Mapping[str, tuple[npt.ArrayLike, Better]] | None = None,
) -> Predictions:
    """Build predictions of several classes: labels by name, `scores` a column a class.

    Raises `Invalid` as `tabulate`, and for a label that is none of the classes.
    """
    named = list(ids)
    classes = tuple(sorted(scores))
    said = _texts(label, "label", ids=list(map(str, named)))
    place = {name: float(at) for at, name in enumerate(classes)}
    if unknown := next((one for one in said if one not in place), None):
        raise Invalid(f"predictions: label {unknown!r} is none of the classes {classes}")
    # Any column of numbers finds the order of rows; the scores follow, a class at a time.
    plain = tabulate(
        named,
        [place[one] for one in said],
        score=np.arange(len(named)),
        groups=groups,
        weight=weight,
        unit=unit,
        values=values,
    )
    order = plain.score.astype(np.intp)
    columns = [_numbers(scores[name], f"score:{name}", order=order) for name in classes]
    predictions = replace(
        plain, task="multiclass", classes=classes, score=np.stack(columns, axis=1)
    )
    if fault := fault_of(predictions):
        raise Invalid(f"predictions: {fault}")
    return predictions


def _require_unique(ids: Sequence[str]) -> None:
    twice = next((left for left, right in pairwise(ids) if left == right), None)
    if twice is not None:
        raise Invalid(
            f"predictions: id {twice!r} occurs more than once: name a column as `id` whose "
            "values are unique, and the one that repeats as `unit`, for rows of one are alike"
        )


def _numbers(values: npt.ArrayLike, column: str, *, order: Places) -> Floats:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise Invalid(f"predictions: column {column!r} is not numbers: {error}") from error
    if numbers.shape != order.shape:
        shape = " x ".join(map(str, numbers.shape))
        raise Invalid(
            f"predictions: column {column!r} has {shape} values for {order.size} rows"
        )
    return numbers[order] + 0.0  # drops the sign of zero


def _grouping(
    values: Iterable[object], name: str, *, order: Places, ids: Sequence[str]
) -> Grouping:
    found = _texts(values, f"group {name!r}", ids=ids)
    if len(found) != order.size:
        raise Invalid(
            f"predictions: group {name!r} has {len(found)} values for {order.size} rows"
        )
    levels = tuple(sorted(set(found)))
    index = {level: code for code, level in enumerate(levels)}
    codes: Codes = np.fromiter(map(index.__getitem__, found), np.uint32, count=len(found))
    return Grouping(codes=codes[order], levels=levels)


def _texts(values: Iterable[object], column: str, *, ids: Sequence[str] = ()) -> list[str]:
    listed: list[object] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    found: list[str] = []
    for row, value in enumerate(listed):
        if (text := _spelled(value)) is None:
            where = repr(ids[row]) if row < len(ids) else f"number {row + 1}"
            raise Invalid(
                f"predictions: {column} of row {where} is {value!r}; "
                "it must be text or a whole number"
            )
        found.append(text)
    _require_utf8(found, column)
    return found


def _spelled(value: object) -> str | None:
    """Write text or a whole number; `None` for what is missing or something else."""
    if isinstance(value, str):
        return str(value) or None
    if isinstance(value, Integral):
        return str(value)
    if isinstance(value, Real) and float(value).is_integer():
        return str(int(float(value)))  # a column with gaps, as pandas holds it
    return None


def _require_utf8(values: Sequence[str], column: str) -> None:
    try:
        "".join(values).encode()
    except UnicodeEncodeError as error:
        raise Invalid(f"predictions: {column} has a value that is not Unicode text") from error
