"""Rows that a model scored, in arrays: what every metric is computed from.

| task | `label` | `score` |
|---|---|---|
| binary | 0 or 1 | one number a row |
| multiclass | place of the class in `classes` | one number a class, a column each |
| regression | the number itself | the number predicted |
| ranking | relevance, 0 or more | rows of one `unit` are ranked by it, highest first |
| values | none | none: only `values`, the project's own numbers |
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, starmap
from operator import lt

import numpy as np
import numpy.typing as npt

from cairn.core.evaluation import Better, Task

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint32]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouping:
    """One categorical column: `levels[codes[i]]` is the value in row i."""

    codes: Codes
    levels: tuple[str, ...]

    def sizes(self) -> dict[str, int]:
        """Rows of each level."""
        counts = np.bincount(self.codes, minlength=len(self.levels)).tolist()
        return dict(zip(self.levels, counts, strict=True))

    def values(self) -> list[str]:
        """The value of each row."""
        return [self.levels[code] for code in self.codes.tolist()]

    def rows(self, *levels: str) -> Flags:
        """Mark the rows whose value is one of `levels`."""
        chosen = frozenset(levels)
        wanted = [code for code, level in enumerate(self.levels) if level in chosen]
        return np.isin(self.codes, wanted)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnValues:
    """One number a row by the project's own metric function, and which way is better."""

    numbers: Floats
    better: Better


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Rows of id, label, score and groups, and perhaps weight, unit and values of one's own.

    `score` has one axis, for several classes two. `tabulate` and `decode` make predictions,
    in canonical order: rows by id, classes, values and groups by name.
    """

    ids: tuple[str, ...]
    label: Floats
    score: Floats
    groups: Mapping[str, Grouping]
    weight: Floats | None = None
    task: Task = "binary"
    classes: tuple[str, ...] = ()
    unit: Grouping | None = None
    values: Mapping[str, OwnValues] = field(default_factory=dict[str, OwnValues])

    def numbers(self) -> list[tuple[str, Floats]]:
        """Every column of numbers, by the name that it is stored under."""
        found = [] if self.task == "values" else [("label", self.label), *self._scores()]
        if self.weight is not None:
            found.append(("weight", self.weight))
        return found + [(f"value:{n}", own.numbers) for n, own in sorted(self.values.items())]

    def _scores(self) -> list[tuple[str, Floats]]:
        if self.task != "multiclass":
            return [("score", self.score)]
        return [(f"score:{name}", self.score[:, at]) for at, name in enumerate(self.classes)]


def leave_out(predictions: Predictions, ids: Collection[str]) -> Predictions | None:
    """Leave out rows by their ids; None if no row is left."""
    left = [row for row, name in enumerate(predictions.ids) if name not in ids]
    return _picked(predictions, left) if left else None


def renamed(predictions: Predictions, name: Callable[[str], str]) -> Predictions:
    """Give ids and units other names, no two of them the same, and sort the rows anew."""
    unit = predictions.unit
    named = replace(
        predictions,
        ids=tuple(map(name, predictions.ids)),
        unit=None if unit is None else _renamed(unit, name),
    )
    return _picked(named, sorted(range(len(named.ids)), key=named.ids.__getitem__))


def _renamed(grouping: Grouping, name: Callable[[str], str]) -> Grouping:
    levels = [name(level) for level in grouping.levels]
    order = sorted(range(len(levels)), key=levels.__getitem__)
    codes: Codes = np.argsort(np.array(order, dtype=np.intp)).astype(np.uint32)
    return Grouping(codes=codes[grouping.codes], levels=tuple(levels[at] for at in order))


def _picked(predictions: Predictions, left: Sequence[int]) -> Predictions:
    rows: Places = np.array(left, dtype=np.intp)
    told = predictions.task != "values"
    unit, weight = predictions.unit, predictions.weight
    return replace(
        predictions,
        ids=tuple(predictions.ids[row] for row in left),
        label=predictions.label[rows] if told else predictions.label,
        score=predictions.score[rows] if told else predictions.score,
        groups={name: _some(found, rows) for name, found in predictions.groups.items()},
        weight=None if weight is None else weight[rows],
        unit=None if unit is None else _some(unit, rows),
        values={
            name: OwnValues(numbers=own.numbers[rows], better=own.better)
            for name, own in predictions.values.items()
        },
    )


def _some(grouping: Grouping, rows: Places) -> Grouping:
    """Pick rows of a grouping; a level without a row is none any more."""
    used, codes = np.unique(grouping.codes[rows], return_inverse=True)
    names: list[int] = used.tolist()
    levels = tuple(grouping.levels[code] for code in names)
    return Grouping(codes=codes.astype(np.uint32), levels=levels)


def fault_of(predictions: Predictions) -> str | None:
    """Say in words what keeps predictions from being canonical; `None` if nothing does."""
    return next(_faults(predictions), None)


def _faults(predictions: Predictions) -> Iterator[str]:
    ids = predictions.ids
    if not ids:
        yield "there are no rows"
        return
    if not all(starmap(lt, pairwise(ids))):
        yield "ids are not sorted, or one occurs twice"
    yield from _faults_of_task(predictions)
    for name, column in predictions.numbers():
        if fault := _fault_of_numbers(column, name, ids=ids):
            yield fault
    unit = {} if predictions.unit is None else {"unit": predictions.unit}
    for name, grouping in (*unit.items(), *predictions.groups.items()):
        if fault := _fault_of_grouping(grouping, name, rows=len(ids)):
            yield fault


def _faults_of_task(predictions: Predictions) -> Iterator[str]:
    task, classes = predictions.task, predictions.classes
    several = task == "multiclass"
    if several != bool(classes) or len(classes) == 1:
        yield f"task {task} has {len(classes)} classes"
    if not all(starmap(lt, pairwise(classes))) or not all(classes):
        yield "classes are not sorted, one occurs twice, or one has no name"
    if predictions.score.ndim != 1 + several or (
        several and predictions.score.shape[1] != len(classes)
    ):
        yield f"scores have the wrong shape for task {task}"
    if task == "ranking" and predictions.unit is None:
        yield "a ranking needs a unit: the query of each row"
    if task == "values" and (predictions.label.size or predictions.score.size):
        yield "task values has neither labels nor scores"
    if task == "values" and not predictions.values:
        yield "task values has no values"
    if not all(predictions.values):
        yield "a value has no name"


def _fault_of_numbers(column: Floats, name: str, *, ids: Sequence[str]) -> str | None:
    if column.shape != (len(ids),):
        return f"column {name!r} has {column.size} values for {len(ids)} rows"
    wrong = ~np.isfinite(column) | ((column == 0) & np.signbit(column))
    if name == "weight":
        wrong |= column < 0
    if wrong.any():
        first = int(wrong.argmax())
        return f"column {name!r} of row {ids[first]!r} is {column[first]:g}"
    return None


def _fault_of_grouping(grouping: Grouping, name: str, *, rows: int) -> str | None:
    codes, levels = grouping.codes, grouping.levels
    if not name or not all(levels):
        return f"group {name!r} has an empty name or value"
    if codes.shape != (rows,):
        return f"group {name!r} has {codes.size} values for {rows} rows"
    if not all(starmap(lt, pairwise(levels))):
        return f"the levels of group {name!r} are not sorted, or one occurs twice"
    used = (
        np.bincount(codes, minlength=len(levels)) if int(codes.max()) < len(levels) else None
    )
    if used is None or not used.all():
        return f"group {name!r} has codes and levels that do not belong together"
    return None
