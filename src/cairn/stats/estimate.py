"""What a sample says: a value with its bounds, a paired difference, or why it says nothing."""

import math
from dataclasses import dataclass
from typing import Protocol

from cairn.core.evaluation import Better


@dataclass(frozen=True, slots=True, kw_only=True)
class Undefined:
    """The rows cannot answer; `reason` completes the sentence "undefined: ...", or `word`."""

    metric: str
    reason: str
    word: str = "undefined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thin:
    """Why there is no verdict in spite of bounds: `reason` continues "these rows: ...".

    About `rows` like them would be enough; `instead` names metrics that need fewer.
    """

    reason: str
    rows: int
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One metric of one model on one sample.

    `lower` and `upper` are one-sided bounds, each of error `alpha`; `rows` counts the rows
    that the metric is about (recall: the positive ones), each of them a `noun`; `method` names
    where the bounds come from. `units` counts what rows belong to, `effective` is how many
    units of equal weight they are worth, both None where every row stands for itself. `rarer`
    is how many of the rarer label that is, where bounds rest on these, and `freedom` the
    degrees of freedom of Student's law, where rows alone do not give them.
    """

    metric: str
    better: Better
    value: float
    standard_error: float
    lower: float
    upper: float
    alpha: float
    rows: int
    method: str
    noun: str = "row"
    units: int | None = None
    effective: float | None = None
    rarer: float | None = None
    freedom: float | None = None
    thin: Thin | None = None

    @property
    def cautious(self) -> float:
        """The bound on the bad side: what a floor (or a ceiling on a loss) is held against."""
        return self.lower if self.better == "higher" else self.upper


class Law(Protocol):
    """The law of an observed gain: what it says about gains that may be true."""

    def p_above(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at most `gain`."""
        ...

    def p_below(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at least `gain`."""
        ...

    def lower(self, alpha: float) -> float:
        """The gain up to which `p_above` rejects at `alpha`."""
        ...

    def upper(self, alpha: float) -> float:
        """The gain from which on `p_below` rejects at `alpha`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One metric of two models on the same rows.

    `gain` is the difference oriented so that positive means a better candidate; `lower` and
    `upper` are its one-sided bounds, each of error `alpha`. They agree with the tests: the
    p-value of superiority at a margin is at most `alpha` if `lower` exceeds that margin, and
    not if `lower` falls short of it.
    `rows` counts the rows that the metric is about, `discordant` those of them on which the
    models differ (in decision where the metric has a threshold, else in score). `most` is how
    large a gain can be at all; bounds stay within it. The rest is as in an estimate.
    """

    metric: str
    better: Better
    candidate: float
    live: float
    gain: float
    standard_error: float
    lower: float
    upper: float
    alpha: float
    rows: int
    discordant: int
    method: str
    law: Law
    most: float = math.inf
    noun: str = "row"
    units: int | None = None
    effective: float | None = None
    rarer: float | None = None
    freedom: float | None = None
    thin: Thin | None = None

    @property
    def difference(self) -> float:
        """Candidate less live, in the metric's own direction: the gain or its opposite."""
        return self.gain if self.better == "higher" else -self.gain

    def p_superiority(self, margin: float = 0.0) -> float:
        """Small if the candidate is better by more than `margin`."""
        return self.law.p_above(margin)

    def p_non_inferiority(self, margin: float) -> float:
        """Small if the candidate is not worse by `margin` or more."""
        return self.law.p_above(-margin)

    def p_regression(self, margin: float = 0.0) -> float:
        """Small if the candidate is worse by more than `margin`."""
        return self.law.p_below(-margin)
