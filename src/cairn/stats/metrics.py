"""The metrics there are: how each is spelled, which way it is better, how it is judged.

A row is decided positive if its score is at least the threshold: 0.5, unless the name says
otherwise (`recall@0.3`).
"""

import math
from dataclasses import dataclass
from typing import Literal

from cairn.core.errors import Invalid
from cairn.stats.estimate import Better

Family = Literal["share", "ratio", "mean", "area"]
Kind = Literal[
    "accuracy", "recall", "specificity", "precision", "f1", "roc_auc", "log_loss", "brier"
]

DEFAULT_THRESHOLD = 0.5

_FAMILIES: dict[Kind, Family] = {
    "accuracy": "share",
    "recall": "share",
    "specificity": "share",
    "precision": "ratio",
    "f1": "ratio",
    "roc_auc": "area",
    "log_loss": "mean",
    "brier": "mean",
}
_KINDS: dict[str, Kind] = {kind: kind for kind in _FAMILIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A parsed metric name; `threshold` matters to shares and ratios only."""

    kind: Kind
    threshold: float = DEFAULT_THRESHOLD

    @property
    def family(self) -> Family:
        """How it is computed and judged."""
        return _FAMILIES[self.kind]

    @property
    def better(self) -> Better:
        """Whether higher or lower is better."""
        return "lower" if self.family == "mean" else "higher"

    @property
    def name(self) -> str:
        """The one spelling: `recall`, `recall@0.3`."""
        default = self.threshold == DEFAULT_THRESHOLD
        return self.kind if default else f"{self.kind}@{self.threshold!r}"


def parse_metric(name: str) -> Metric:
    """Read a metric name; raises `Invalid` that lists the known ones."""
    word, at, number = name.partition("@")
    kind = _KINDS.get(word)
    if kind is None:
        raise Invalid(f"metric {name!r} is not known; there are {', '.join(sorted(_KINDS))}")
    if not at:
        return Metric(kind=kind)
    if _FAMILIES[kind] not in ("share", "ratio"):
        raise Invalid(f"metric {name!r}: {kind} has no threshold; write {kind!r}")
    return Metric(kind=kind, threshold=_threshold(name, number))


def _threshold(name: str, number: str) -> float:
    try:
        threshold = float(number)
    except ValueError:
        threshold = math.nan
    if not math.isfinite(threshold):
        raise Invalid(f"metric {name!r}: {number!r} is not a threshold; write `recall@0.3`")
    return threshold
