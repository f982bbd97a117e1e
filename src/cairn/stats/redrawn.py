"""The law of a gain that is resampled together with units that nobody saw.

`down` and `up` are distances of replicates from the gain, sorted, towards lower and higher
values; of several the largest quantile counts. As in the first version of the statistics, the
wider of the percentile and the basic interval is taken on both sides, for each alone misses
where the other holds; distances are stretched for few units by Student's law, and beyond the
last quantile that `_SUPPORT` replicates support the tail goes on as a normal one.
"""

import math
from dataclasses import dataclass

import numpy as np

from cairn.stats.distributions import normal_above, normal_quantile, student_quantile
from cairn.stats.resample import RESAMPLES
from cairn.stats.scored import Floats

_SUPPORT = 25
_LEAST = _SUPPORT / (RESAMPLES + 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Redrawn:
    """A gain, and how far its replicates lie from it."""

    gain: float
    standard_error: float
    down: tuple[Floats, ...]
    up: tuple[Floats, ...]

    @classmethod
    def of(cls, gain: float, low: Floats, high: Floats, *, freedom: float) -> "Redrawn":
        """Make the law from replicates with bad and with good unseen units.

        Where a resample did not define the metric it lies infinitely far on both sides.
        """
        wide = student_quantile(0.95, max(freedom, 1.0)) / normal_quantile(0.95)
        away = tuple(
            np.sort(np.where(np.isnan(one), math.inf, one * wide))
            for one in (gain - low, high - gain)
        )
        known = ((low + high) / 2)[np.isfinite(low + high)]
        return cls(gain=gain, standard_error=float(known.std(ddof=1)), down=away, up=away)

    def p_above(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at most `gain`."""
        return _beyond(self.down, self.gain - gain)

    def p_below(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at least `gain`."""
        return _beyond(self.up, gain - self.gain)

    def lower(self, alpha: float) -> float:
        """The gain up to which `p_above` rejects at `alpha`."""
        return self.gain - _distance(self.down, alpha)

    def upper(self, alpha: float) -> float:
        """The gain from which on `p_below` rejects at `alpha`."""
        return self.gain + _distance(self.up, alpha)


def _distance(tails: tuple[Floats, ...], alpha: float) -> float:
    if alpha < _LEAST:
        further = normal_quantile(1 - alpha) / normal_quantile(1 - _LEAST)
        return _distance(tails, _LEAST) * further
    size = tails[0].size
    at = size - math.floor(alpha * (size + 1) + 1e-9)
    return max(0.0, *(float(tail[at]) for tail in tails))


def _beyond(tails: tuple[Floats, ...], distance: float) -> float:
    if distance < 0:
        return max(_beyond(tails, 0.0), 1 - _beyond(tails, -distance))
    least = _distance(tails, _LEAST)
    if distance > least:
        return normal_above(distance / least * normal_quantile(1 - _LEAST)) if least else 0.0
    counts = [tail.size - int(np.searchsorted(tail, distance, side="left")) for tail in tails]
    return min(1.0, (1 + max(counts)) / (tails[0].size + 1))
