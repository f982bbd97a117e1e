"""The ratio of one quantile of two models' latencies, measured in turn in rounds.

Calls of one round share what the machine did meanwhile, so rounds are the unit of chance: each
resample weights whole rounds, of both models alike, and takes the quantile of each. So it does
with the rows that calls cycle through, where those repeat, and the wider bounds count.

Rounds that follow one another are alike where the ratio drifts, and a few dozen of them hardly
tell that from noise. What each round adds to the ratio is looked at in slow waves
(`dependence`): they say how large the error is, with Student's t for so few, and half as much
again as usual is the least. If they hold a quarter of the spread, there are no bounds.
"""

import math
from dataclasses import dataclass

import numpy as np

from cairn.stats.dependence import drift_of
from cairn.stats.draws import Counts, poisson_counts
from cairn.stats.estimate import Undefined
from cairn.stats.resample import FEWEST_UNITS, RESAMPLES, SEED
from cairn.stats.resampled import Resampled
from cairn.stats.scored import Floats, Places

_CHUNK = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileRatio:
    """Observed quantiles, their ratio and its one-sided bounds, each of error `alpha`.

    The bounds take the `rounds` for as few independent ones as they are `worth`.
    """

    candidate: float
    live: float
    lower: float
    upper: float
    alpha: float
    rounds: int
    worth: float
    calls: int

    @property
    def ratio(self) -> float:
        """Candidate's quantile as a multiple of the live version's."""
        return self.candidate / self.live


def quantile_ratio(
    candidate: Floats,
    live: Floats,
    *,
    calls: int,
    share: float,
    alpha: float,
    rows: int,
    apart: bool = False,
) -> QuantileRatio | Undefined:
    """Compare the `share` quantile of calls, `calls` a round of each model, all above 0.

    Both cycle through `rows` rows. `apart` takes rounds as independent, whatever the rows.
    """
    rounds = min(candidate.size, live.size) // max(calls, 1)
    name = f"p{100 * share:g}"
    if rounds < FEWEST_UNITS:
        reason = f"there are {rounds} rounds of calls, and resampling needs {FEWEST_UNITS}"
        return Undefined(metric=name, reason=reason)
    if min(float(candidate.min()), float(live.min())) <= 0:
        return Undefined(metric=name, reason="a call took no time at all")
    ours, theirs = candidate[: rounds * calls], live[: rounds * calls]
    observed = [float(np.quantile(x, share, method="inverted_cdf")) for x in (ours, theirs)]
    gain = math.log(observed[0] / observed[1])
    place = np.arange(ours.size)
    drift = (
        None
        if apart
        else drift_of(_pulls(ours, rounds, share) - _pulls(theirs, rounds, share))
    )
    if drift is not None and drift.lasts:
        needed = math.ceil(FEWEST_UNITS * rounds / drift.worth)
        reason = (
            f"the ratio drifts through all {rounds} rounds of calls, which are worth "
            f"{drift.worth:.1f} independent ones: about {needed:,} would be enough"
        )
        return Undefined(metric=name, reason=reason)
    stretch = drift.stretch(alpha) if drift else 1.0
    laws = [(_law(gain, ours, theirs, place // calls, share), stretch)]
    if not apart and FEWEST_UNITS <= rows < ours.size:
        laws.append((_law(gain, ours, theirs, place % rows, share), 1.0))
    return QuantileRatio(
        candidate=observed[0],
        live=observed[1],
        lower=math.exp(gain - max((gain - law.lower(alpha)) * wide for law, wide in laws)),
        upper=math.exp(gain + max((law.upper(alpha) - gain) * wide for law, wide in laws)),
        alpha=alpha,
        rounds=rounds,
        worth=rounds / stretch**2,
        calls=ours.size,
    )


def _law(gain: float, ours: Floats, theirs: Floats, units: Places, share: float) -> Resampled:
    many = int(units.max()) + 1
    drawn = [
        _logs(ours, units, counts, share) - _logs(theirs, units, counts, share)
        for counts in _counts(many)
    ]
    return Resampled.of(gain, np.concatenate(drawn), units=many)


def _pulls(values: Floats, rounds: int, share: float) -> Floats:
    """What each round adds to the logarithm of the quantile, by its influence."""
    step = min(share, 1 - share) / 2
    low, high = np.quantile(values, [share - step, share + step])
    above = (values > np.quantile(values, share)).reshape(rounds, -1).mean(axis=1)
    return above * math.log(high / low) / (2 * step)


def _counts(rounds: int) -> list[Counts]:
    return [
        poisson_counts(range(first, first + _CHUNK), range(rounds), seed=SEED)
        for first in range(0, RESAMPLES, _CHUNK)
    ]


def _logs(values: Floats, units: Places, counts: Counts, share: float) -> Floats:
    """Logarithms of the quantile in every resample."""
    order: Places = np.argsort(values, kind="stable")
    reached = np.cumsum(counts[:, units[order]], axis=1, dtype=np.int64)
    at = (reached < share * reached[:, -1:]).sum(axis=1)
    return np.log(values[order[np.minimum(at, values.size - 1)]])
