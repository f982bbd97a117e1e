"""Calls that follow one another are not independent: how many independent ones they are worth.

1. *By blocks*: the integrated autocorrelation time (Sokal 1997, "Monte Carlo methods in
   statistical mechanics", section 3), of whether a call is slower than a level. The largest
   counts, over the limit that the quantile is held against and levels about the quantile
   that reach half of it: what lies far below says nothing of calls that would exceed it.
2. *By rows*: calls of one row are alike where cost depends on the row. The spread of the sums
   over rows, as a multiple of that of independent calls.

Both excesses are added up. What no call has shown cannot be estimated: a check that wants
proof allows for spells and rows beside that.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cairn.stats.distributions import student_quantile
from cairn.stats.scored import Floats

_PARTS = (2.0, 1.0, 0.5)
_WINDOW = 5.0
_FEWEST = 20
_WAVES = 4
_SLOWER = (0.4, 0.3, 0.2, 0.1)
_LEAST_STRETCH = 1.5


def worth(values: Floats, *, share: float, limit: float, rows: int) -> float:
    """How many independent calls these are worth about the `share` quantile, at most them all.

    `limit` is what that is held against; the calls cycle through `rows` rows.
    """
    calls = values.size
    if calls < _FEWEST:
        return float(calls)
    above = 1 - share
    about = np.quantile(values, [1 - above * part for part in _PARTS if above * part < 1])
    levels = [*about[about >= limit / 2], limit]
    excess = max((_excess(one, rows) for one in _seen(values, levels)), default=0.0)
    return max(1.0, calls / (1 + excess))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How large the slowest waves of a series are, as multiples of its variance.

    `low` is the mean of the slowest four, and so is `slow`, where the slower count the more;
    independent numbers have 1. Forty of them hardly tell a drift from noise, so some is always
    allowed for.
    """

    numbers: int
    slow: float
    low: float

    @property
    def lasts(self) -> bool:
        """Whether the slowest four waves hold a quarter of the spread."""
        return _WAVES * self.low > self.numbers / 4

    @property
    def worth(self) -> float:
        """How many independent numbers these are worth, by their slowest waves."""
        return self.numbers / max(self.slow, 1.0)

    def stretch(self, alpha: float) -> float:
        """How much wider the bounds of the mean are than those of independent numbers.

        Cosine transforms with Student's t (Müller 2014, "HAC corrections for strongly
        autocorrelated time series", Journal of Business and Economic Statistics 32), and half
        as wide again at least, for by chance waves may show nothing of a drift.
        """
        few, many = (student_quantile(1 - alpha, n) for n in (2, self.numbers - 1))
        return math.hypot(_LEAST_STRETCH, math.sqrt(self.slow) * few / many)


def drift_of(series: Floats) -> Drift:
    """Look for slow waves in a series of some twenty numbers or more."""
    many, variance = series.size, float(series.var(ddof=1))
    if variance == 0:
        return Drift(numbers=many, slow=1.0, low=1.0)
    half = (np.arange(many) + 0.5) * math.pi / many
    waves = math.sqrt(2 / many) * np.cos(np.arange(1, _WAVES + 1)[:, None] * half)
    power = (waves @ (series - series.mean())) ** 2 / variance
    return Drift(numbers=many, slow=float(power @ _SLOWER), low=float(power.mean()))


def _seen(values: Floats, levels: Sequence[float]) -> Iterator[Floats]:
    """Whether each call is slower than a level, centred; a level must split them."""
    for level in levels:
        slower = values > level
        if 0 < int(slower.sum()) < values.size:
            yield slower - slower.mean()


def _excess(centred: Floats, rows: int) -> float:
    return max(0.0, _time(centred) - 1) + max(0.0, _of_rows(centred, rows) - 1)


def _time(centred: Floats) -> float:
    """The integrated autocorrelation time, cut off where the window is wide enough."""
    calls = centred.size
    spectrum = np.fft.rfft(centred, 2 * calls)
    covariance = np.fft.irfft(spectrum * spectrum.conj())[: calls // 2]
    times = 2 * np.cumsum(covariance / covariance[0]) - 1
    wide = np.arange(times.size) >= _WINDOW * np.maximum(times, 1.0)
    return float(times[int(wide.argmax()) if wide.any() else -1])


def _of_rows(centred: Floats, rows: int) -> float:
    """The spread of sums over rows, as a multiple of that of independent calls."""
    if not 0 < rows < centred.size:
        return 1.0
    sums = np.bincount(np.arange(centred.size) % rows, centred, rows)
    return float((sums**2).sum() / (centred**2).sum())
