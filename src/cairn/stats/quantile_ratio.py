"""The ratio of one quantile of two models' latencies, measured in turn in rounds.

Calls of one round share what the machine did meanwhile, so rounds are the unit of chance: each
resample weights whole rounds, of both models alike, and takes the quantile of each.
"""

import math
from dataclasses import dataclass

import numpy as np

from cairn.stats.draws import Counts, poisson_counts
from cairn.stats.estimate import Undefined
from cairn.stats.resample import FEWEST_UNITS, RESAMPLES, SEED
from cairn.stats.resampled import Resampled
from cairn.stats.scored import Floats, Places

_CHUNK = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileRatio:
    """Observed quantiles, their ratio and its one-sided bounds, each of error `alpha`."""

    candidate: float
    live: float
    lower: float
    upper: float
    alpha: float
    rounds: int
    calls: int

    @property
    def ratio(self) -> float:
        """Candidate's quantile as a multiple of the live version's."""
        return self.candidate / self.live


def quantile_ratio(
    candidate: Floats, live: Floats, *, calls: int, share: float, alpha: float
) -> QuantileRatio | Undefined:
    """Compare the `share` quantile of calls, `calls` a round of each model, all above 0."""
    rounds = min(candidate.size, live.size) // max(calls, 1)
    name = f"p{100 * share:g}"
    if rounds < FEWEST_UNITS:
        reason = f"there are {rounds} rounds of calls, and resampling needs {FEWEST_UNITS}"
        return Undefined(metric=name, reason=reason)
    if min(float(candidate.min()), float(live.min())) <= 0:
        return Undefined(metric=name, reason="a call took no time at all")
    ours, theirs = candidate[: rounds * calls], live[: rounds * calls]
    drawn = np.concatenate(
        [
            _logs(ours, calls, counts, share) - _logs(theirs, calls, counts, share)
            for counts in _counts(rounds)
        ]
    )
    observed = [float(np.quantile(x, share, method="inverted_cdf")) for x in (ours, theirs)]
    law = Resampled.of(math.log(observed[0] / observed[1]), drawn, units=rounds)
    return QuantileRatio(
        candidate=observed[0],
        live=observed[1],
        lower=math.exp(law.lower(alpha)),
        upper=math.exp(law.upper(alpha)),
        alpha=alpha,
        rounds=rounds,
        calls=ours.size,
    )


def _counts(rounds: int) -> list[Counts]:
    return [
        poisson_counts(range(first, first + _CHUNK), range(rounds), seed=SEED)
        for first in range(0, RESAMPLES, _CHUNK)
    ]


def _logs(values: Floats, calls: int, counts: Counts, share: float) -> Floats:
    """Logarithms of the quantile in every resample."""
    order: Places = np.argsort(values, kind="stable")
    reached = np.cumsum(counts[:, order // calls], axis=1, dtype=np.int64)
    at = (reached < share * reached[:, -1:]).sum(axis=1)
    return np.log(values[order[np.minimum(at, values.size - 1)]])
