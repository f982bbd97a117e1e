"""One model's rows, or two models' rows side by side, as the metrics take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from cairn.core.errors import Invalid
from cairn.core.evaluation import Task
from cairn.stats.misfit import label_fault, misfit
from cairn.stats.scored import Codes, Flags, Floats, Grouping, OwnValues, Places, Predictions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Rows of one model; `unit` numbers the rows that belong together, if some do."""

    label: Floats
    score: Floats
    task: Task = "binary"
    classes: tuple[str, ...] = ()
    weight: Floats | None = None
    unit: Codes | None = None
    values: Mapping[str, OwnValues] = field(default_factory=dict[str, OwnValues])

    @property
    def positive(self) -> Flags:
        """Whether the label of each row is 1."""
        return self.label == 1

    @property
    def rows(self) -> int:
        """Number of rows."""
        if self.task != "values":
            return self.label.size
        return next(iter(self.values.values())).numbers.size

    @property
    def simple(self) -> bool:
        """Whether each row stands for itself and counts once."""
        return self.weight is None and self.unit is None

    def at(self, rows: Places) -> "Sample":
        """Pick rows."""
        return Sample(
            label=_picked(self.label, rows),
            score=_picked(self.score, rows),
            task=self.task,
            classes=self.classes,
            weight=None if self.weight is None else self.weight[rows],
            unit=None if self.unit is None else self.unit[rows],
            values={
                name: OwnValues(numbers=own.numbers[rows], better=own.better)
                for name, own in self.values.items()
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """Rows of a candidate and the live model, in the order of `ids`."""

    ids: Sequence[str]
    ours: Sample
    theirs: Sample
    groups: Mapping[str, Grouping] = field(default_factory=dict[str, Grouping])

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.ours.rows

    @property
    def task(self) -> Task:
        """What both predict."""
        return self.ours.task

    @property
    def positive(self) -> Flags:
        """Whether the label of each row is 1."""
        return self.ours.positive

    @property
    def candidate(self) -> Floats:
        """The candidate's scores."""
        return self.ours.score

    @property
    def live(self) -> Floats:
        """The live model's scores."""
        return self.theirs.score

    def samples(self) -> tuple[Sample, Sample]:
        """The candidate's and the live model's rows, each alone."""
        return self.ours, self.theirs

    def at(self, rows: Places) -> "Pair":
        """Pick rows; groupings stay behind, they describe all rows."""
        return Pair(
            ids=_Picked(self.ids, rows), ours=self.ours.at(rows), theirs=self.theirs.at(rows)
        )

    def where(self, chosen: Flags) -> "Pair":
        """Keep the rows marked in `chosen`."""
        return self.at(np.flatnonzero(chosen))


class _Picked(Sequence[str]):
    """Some of the ids, looked up when one is asked for: most tests ask for none."""

    def __init__(self, ids: Sequence[str], rows: Places) -> None:
        self._ids, self._rows = ids, rows

    def __len__(self) -> int:
        return self._rows.size

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequence[str]": ...
    def __getitem__(self, index: int | slice) -> "str | Sequence[str]":
        if isinstance(index, slice):
            return _Picked(self._ids, self._rows[index])
        return self._ids[int(self._rows[index])]


def sample(predictions: Predictions) -> Sample:
    """Take the rows of one model; raises `Invalid` for labels that the task cannot have."""
    if fault := label_fault(predictions):
        raise Invalid(f"predictions: {fault.reason}")
    unit = predictions.unit
    return Sample(
        label=predictions.label,
        score=predictions.score,
        task=predictions.task,
        classes=predictions.classes,
        weight=predictions.weight,
        # Rows that are all alone in their unit stand for themselves, but not in a ranking.
        unit=None if unit is None or _alone(unit, predictions.task) else unit.codes,
        values=predictions.values,
    )


def align(candidate: Predictions, live: Predictions) -> Pair:
    """Put two models' predictions for the same rows side by side.

    Raises `Invalid`, with how many and which first, unless tasks, ids, labels, weights, units
    and groups are equal.
    """
    if fault := misfit(candidate, live):
        raise Invalid(fault.reason)
    return Pair(
        ids=candidate.ids, ours=sample(candidate), theirs=sample(live), groups=candidate.groups
    )


def _alone(unit: Grouping, task: Task) -> bool:
    return task != "ranking" and len(unit.levels) == unit.codes.size


def _picked(numbers: Floats, rows: Places) -> Floats:
    return numbers[rows] if len(numbers) else numbers
