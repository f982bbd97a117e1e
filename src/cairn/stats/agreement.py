"""Two models side by side on the same rows: where they agree, and which rows flipped."""

from dataclasses import dataclass

import numpy as np

from cairn.stats.align import Pair, Sample
from cairn.stats.metrics import DEFAULT_THRESHOLD, Metric, parse_metric
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
    """One row on which the decisions differ."""

    id: str
    positive: bool
    candidate: float
    live: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Decisions of two models at one threshold; `gained` rows are right only now."""

    threshold: float
    rows: int
    agreeing: int
    gained: int
    lost: int
    candidate: Confusion
    live: Confusion

    @property
    def rate(self) -> float:
        """Share of rows with the same decision."""
        return self.agreeing / self.rows


def agreement(pair: Pair, threshold: float = DEFAULT_THRESHOLD) -> Agreement:
    """Count how the decisions of candidate and live model compare; `pair` has rows."""
    ours, theirs = pair.candidate >= threshold, pair.live >= threshold
    flipped = ours != theirs
    gained = int((flipped & (ours == pair.positive)).sum())
    candidate, live = pair.samples()
    return Agreement(
        threshold=threshold,
        rows=pair.rows,
        agreeing=pair.rows - int(flipped.sum()),
        gained=gained,
        lost=int(flipped.sum()) - gained,
        candidate=confusion(candidate, threshold),
        live=confusion(live, threshold),
    )


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


def flips(pair: Pair, threshold: float = DEFAULT_THRESHOLD, *, limit: int) -> tuple[Flip, ...]:
    """The rows whose decision changed, largest change of score first, then by id."""
    changed = np.flatnonzero((pair.candidate >= threshold) != (pair.live >= threshold))
    change = np.abs(pair.candidate - pair.live)[changed]
    largest: list[int] = changed[np.argsort(-change, kind="stable")][:limit].tolist()
    return tuple(
        Flip(
            id=pair.ids[row],
            positive=bool(pair.positive[row]),
            candidate=float(pair.candidate[row]),
            live=float(pair.live[row]),
        )
        for row in largest
    )


def flipped_ids(pair: Pair, metric: str, *, limit: int) -> tuple[str, ...]:
    """Ids of the rows that the models treat otherwise, largest change first, then by id.

    Of two classes, rows whose decision changed at the metric's threshold; of several, rows
    whose likeliest class changed; else rows whose numbers differ.
    """
    change = _changes(pair, parse_metric(metric))
    rows = np.flatnonzero(change)
    largest: list[int] = rows[np.argsort(-change[rows], kind="stable")][:limit].tolist()
    return tuple(pair.ids[row] for row in largest)


def _changes(pair: Pair, metric: Metric) -> Floats:
    """How much each row changed; 0 for those that count as unchanged."""
    if metric.kind == "mean":
        ours, theirs = (one.values.get(metric.target) for one in pair.samples())
        return np.abs(ours.numbers - theirs.numbers) if ours and theirs else np.empty(0)
    if pair.task == "multiclass":
        flipped = pair.candidate.argmax(axis=1) != pair.live.argmax(axis=1)
        return np.abs(pair.candidate - pair.live).max(axis=1) * flipped
    change = np.abs(pair.candidate - pair.live)
    if pair.task == "binary":
        at = metric.threshold
        change = change * ((pair.candidate >= at) != (pair.live >= at))
    return change
