"""Two models side by side on the same rows: where they agree, and which rows flipped."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cairn.stats.align import Pair, Sample
from cairn.stats.metrics import DEFAULT_THRESHOLD, parse_metric
from cairn.stats.scored import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Rows by label and decision."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One row that the models treat otherwise, and by how much.

    Of two classes: the label 0 or 1 and the scores; of several: names of classes.
    """

    id: str
    label: float | str
    candidate: float | str
    live: float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What two models say about the same rows.

    `agreeing` rows get the same class; of numbers, which are hardly ever the same, half are
    at most `apart` instead. `gained` rows are right only now, of numbers: closer to the label
    now; `lost` the other way round. A task without labels a row, a ranking or numbers of
    one's own, has none of it.
    """

    rows: int
    agreeing: int | None = None
    apart: float | None = None
    gained: int = 0
    lost: int = 0

    @property
    def rate(self) -> float | None:
        """Share of rows with the same class; None where no classes are told."""
        return None if self.agreeing is None else self.agreeing / self.rows


def agreement(pair: Pair, threshold: float = DEFAULT_THRESHOLD) -> Agreement:
    """Count how the decisions of candidate and live model compare; `pair` has rows."""
    if pair.task not in ("binary", "multiclass", "regression"):
        return Agreement(rows=pair.rows)
    change, is_number = _changes(pair, threshold), pair.task == "regression"
    ours, theirs = (_misses(rows, threshold) for rows in pair.samples())
    return Agreement(
        rows=pair.rows,
        agreeing=None if is_number else pair.rows - int(np.count_nonzero(change)),
        apart=float(np.median(change)) if is_number else None,
        gained=int((ours < theirs).sum()),
        lost=int((theirs < ours).sum()),
    )


def flips(pair: Pair, threshold: float = DEFAULT_THRESHOLD, *, limit: int) -> tuple[Flip, ...]:
    """The rows that are treated otherwise, largest change of score first, then by id.

    Rows of numbers of one's own alone have nothing to show: `()`.
    """
    if pair.task == "values":
        return ()
    ours, theirs = pair.samples()
    return tuple(
        Flip(
            id=pair.ids[row],
            label=_told(ours, ours.label[row]),
            candidate=_told(ours, ours.score[row]),
            live=_told(theirs, theirs.score[row]),
        )
        for row in _largest(_changes(pair, threshold), limit)
    )


def _misses(rows: Sample, threshold: float) -> Floats:
    """How far each row is from its label: 0 or 1 for a decision, else the absolute error."""
    if rows.task == "multiclass":
        return (rows.score.argmax(axis=1) != rows.label).astype(np.float64)
    if rows.task == "binary":
        return ((rows.score >= threshold) != rows.positive).astype(np.float64)
    return np.abs(rows.score - rows.label)


def _told(rows: Sample, value: Any) -> float | str:
    """Name the class that a label, or a row of scores, stands for; else give the number."""
    if rows.task != "multiclass":
        return float(value)
    return rows.classes[int(np.argmax(value) if np.ndim(value) else value)]


def _largest(change: Floats, limit: int) -> list[int]:
    rows = np.flatnonzero(change)
    return rows[np.argsort(-change[rows], kind="stable")][:limit].tolist()


def confusion(sample: Sample, threshold: float = DEFAULT_THRESHOLD) -> Confusion:
    """Count rows by label and decision."""
    code = 2 * sample.positive.astype(np.intp) + (sample.score >= threshold)
    true_negative, false_positive, false_negative, true_positive = np.bincount(
        code, minlength=4
    ).tolist()
    return Confusion(
        true_positive=true_positive,
        false_positive=false_positive,
        false_negative=false_negative,
        true_negative=true_negative,
    )


def class_confusion(sample: Sample) -> npt.NDArray[np.intp]:
    """Count rows of several classes by label, a row each, and by the likeliest class."""
    many = len(sample.classes)
    code = many * sample.label.astype(np.intp) + sample.score.argmax(axis=1)
    return np.bincount(code, minlength=many * many).reshape(many, many)


def flipped_ids(pair: Pair, metric: str, *, limit: int) -> tuple[str, ...]:
    """Ids of the rows that the models treat otherwise, largest change first, then by id.

    Of two classes, rows whose decision changed at the metric's threshold; of several, rows
    whose likeliest class changed; else rows whose numbers differ.
    """
    parsed = parse_metric(metric)
    if parsed.kind == "mean":
        change = _changes_of(pair, parsed.target)
    else:
        change = _changes(pair, parsed.threshold)
    return tuple(pair.ids[row] for row in _largest(change, limit))


def _changes(pair: Pair, threshold: float) -> Floats:
    """How much each row changed; 0 for those that count as unchanged."""
    if pair.task == "values":
        return np.sum([_changes_of(pair, name) for name in pair.ours.values], axis=0)
    if pair.task == "multiclass":
        flipped = pair.candidate.argmax(axis=1) != pair.live.argmax(axis=1)
        return np.abs(pair.candidate - pair.live).max(axis=1) * flipped
    change = np.abs(pair.candidate - pair.live)
    if pair.task == "binary":
        change = change * ((pair.candidate >= threshold) != (pair.live >= threshold))
    return change


def _changes_of(pair: Pair, name: str) -> Floats:
    """How much a number of the project's own changed, row by row."""
    ours, theirs = (one.values.get(name) for one in pair.samples())
    return np.abs(ours.numbers - theirs.numbers) if ours and theirs else np.empty(0)
