"""One model's rows, or two models' rows side by side, as the metrics take them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cairn.core.errors import Invalid
from cairn.stats.predictions import Flags, Floats, Grouping, Predictions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Scores of one model: `positive[i]` says whether the label of row i is 1."""

    positive: Flags
    score: Floats

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.positive.size

    def where(self, chosen: Flags) -> "Sample":
        """Keep the rows marked in `chosen`."""
        return Sample(positive=self.positive[chosen], score=self.score[chosen])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """Scores of a candidate and the live model on the same rows, in the order of `ids`."""

    ids: tuple[str, ...]
    positive: Flags
    candidate: Floats
    live: Floats
    groups: Mapping[str, Grouping]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.positive.size

    def samples(self) -> tuple[Sample, Sample]:
        """The candidate's and the live model's rows, each alone."""
        return (
            Sample(positive=self.positive, score=self.candidate),
            Sample(positive=self.positive, score=self.live),
        )

    def where(self, chosen: Flags) -> "Pair":
        """Keep the rows marked in `chosen`; groupings stay behind, they describe all rows."""
        return Pair(
            ids=tuple(self.ids[row] for row in np.flatnonzero(chosen)),
            positive=self.positive[chosen],
            candidate=self.candidate[chosen],
            live=self.live[chosen],
            groups={},
        )


def sample(predictions: Predictions) -> Sample:
    """Take the rows of one model.

    Raises `Invalid` if a label is neither 0 nor 1, or if rows have weights: no metric here
    honours them, and one that silently did not would be wrong.
    """
    if predictions.weight is not None:
        raise Invalid(
            "predictions: metrics of weighted rows are not supported; leave `weight` out"
        )
    label = predictions.label
    wrong = (label != 0) & (label != 1)
    if wrong.any():
        first = int(wrong.argmax())
        raise Invalid(
            f"predictions: {int(wrong.sum())} of {label.size} labels are neither 0 nor 1, "
            f"first {label[first]:g} of row {predictions.ids[first]!r}"
        )
    return Sample(positive=label == 1, score=predictions.score)


def align(candidate: Predictions, live: Predictions) -> Pair:
    """Put two models' predictions for the same rows side by side.

    Raises `Invalid`, with how many and which first, unless ids, labels and groups are equal.
    """
    _require_same_ids(candidate, live)
    _require_same_labels(candidate, live)
    _require_same_groups(candidate, live)
    return Pair(
        ids=candidate.ids,
        positive=sample(candidate).positive,
        candidate=candidate.score,
        live=sample(live).score,
        groups=candidate.groups,
    )


def _require_same_ids(candidate: Predictions, live: Predictions) -> None:
    if candidate.ids == live.ids:
        return
    ours, theirs = set(candidate.ids), set(live.ids)
    raise Invalid(
        "candidate and live model were not evaluated on the same rows: "
        + "; ".join(
            f"{len(extra)} only in the {name}'s, first {min(extra)!r}"
            for name, extra in (("candidate", ours - theirs), ("live model", theirs - ours))
            if extra
        )
    )


def _require_same_labels(candidate: Predictions, live: Predictions) -> None:
    wrong = candidate.label != live.label
    if wrong.any():
        first = int(wrong.argmax())
        raise Invalid(
            f"candidate and live model disagree on {int(wrong.sum())} of {wrong.size} labels, "
            f"first row {candidate.ids[first]!r}: {candidate.label[first]:g} against "
            f"{live.label[first]:g}"
        )


def _require_same_groups(candidate: Predictions, live: Predictions) -> None:
    if candidate.groups.keys() != live.groups.keys():
        raise Invalid(
            f"candidate has groups {sorted(candidate.groups)}, live model "
            f"{sorted(live.groups)}: evaluate both with the same groups"
        )
    for name, grouping in candidate.groups.items():
        other = live.groups[name]
        if grouping.levels == other.levels and np.array_equal(grouping.codes, other.codes):
            continue
        ours, theirs = grouping.values(), other.values()
        wrong = [row for row, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b]
        if wrong:
            first = wrong[0]
            raise Invalid(
                f"candidate and live model disagree on group {name!r} in {len(wrong)} of "
                f"{len(ours)} rows, first row {candidate.ids[first]!r}: {ours[first]!r} "
                f"against {theirs[first]!r}"
            )
