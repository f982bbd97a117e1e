"""Bounds that allow for one unit more than was seen, at its worst.

Of units with sums a_i and sizes b_i, the ratio of totals is held to be at most m with chance

    P(g_0 b_0 (low - m) + sum of g_i (a_i - m b_i) <= 0),    g independent, exponential.

Without the first term this is the Bayesian bootstrap (Rubin 1981, "The Bayesian bootstrap",
Annals of Statistics 9), which takes what it has not seen for impossible. The first term is a
unit that nobody saw, at the worst end of the range. With it

- bounds of a share are those of Clopper and Pearson, for P(Beta(k, n - k + 1) <= m) is this;
- at no difference, paired decisions are judged as exact McNemar does, for the chance that b
  exponentials sum to less than c + 1 is that of at least b heads in b + c tosses;
- bounds of the mean of bounded numbers are those of Gaffke (2005, "Three test statistics for a
  nonparametric one-sided hypothesis on the mean of a nonnegative variable", Mathematical
  Methods of Statistics 14; Learned-Miller and Thomas 2020, arXiv:1905.06208).

The chance is computed from the cumulants, with the approximation of Barndorff-Nielsen (1986,
"Inference on full or partial parameters", Biometrika 73): no random numbers, any small alpha.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cairn.stats.distributions import normal_below, normal_quantile
from cairn.stats.scored import Floats

_APART = 4096
_ENDS = 1024
_FLAT = 1e-4
_STEPS = 200
_CLOSE = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Sums and sizes of units; `many` units are alike."""

    sums: Floats
    sizes: Floats
    many: Floats

    @classmethod
    def of(cls, sums: Floats, sizes: Floats) -> "Parts":
        """Take units one by one; of very many, put like ones of the middle together."""
        gain = float(sums.sum() / sizes.sum())
        order = np.lexsort((sizes, sums - gain * sizes))
        sums, sizes = sums[order], sizes[order]
        if sums.size <= _APART:
            return cls(sums=sums, sizes=sizes, many=np.ones(sums.size))
        half = np.linspace(_ENDS, sums.size / 2, _ENDS).astype(np.intp)[:-1]
        first = np.concatenate([np.arange(_ENDS), half])
        starts = np.concatenate([first, np.sort(sums.size - first[1:])])
        many = np.diff(starts, append=sums.size).astype(np.float64)
        together = (np.add.reduceat(column, starts) / many for column in (sums, sizes))
        return cls(sums=next(together), sizes=next(together), many=many)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unseen:
    """The law of a ratio of totals whose true value lies in `low` .. `high`.

    `size` is that of the unit that was not seen.
    """

    parts: Parts
    gain: float
    size: float
    low: float
    high: float

    def p_above(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at most `gain`."""
        return normal_below(self._score(gain))

    def p_below(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at least `gain`."""
        return self._turned().p_above(-gain)

    def lower(self, alpha: float) -> float:
        """The gain up to which `p_above` rejects at `alpha`."""
        wanted = normal_quantile(alpha)
        return _where(lambda gain: self._score(gain) - wanted, self.low, self.gain)

    def upper(self, alpha: float) -> float:
        """The gain from which on `p_below` rejects at `alpha`."""
        return -self._turned().lower(alpha)

    def _turned(self) -> "Unseen":
        turned = Parts(sums=-self.parts.sums, sizes=self.parts.sizes, many=self.parts.many)
        return Unseen(
            parts=turned, gain=-self.gain, size=self.size, low=-self.high, high=-self.low
        )

    def _score(self, gain: float) -> float:
        """Where on the normal scale the chance lies that the ratio is at most `gain`."""
        if not self.low < gain < self.high:
            return -math.inf if gain <= self.low else math.inf
        away = self.parts.sums - gain * self.parts.sizes
        unseen = self.size * (self.low - gain)
        return _normal_score(np.append(away, unseen), np.append(self.parts.many, 1.0))


def _normal_score(away: Floats, many: Floats) -> float:
    """The quantile of the chance that `away` times exponentials, `many` of each, is <= 0."""
    order = np.argsort(away, kind="stable")  # so that models swapped give the same sums
    away, many = away[order], many[order]
    least, most = float(away[0]), float(away[-1])
    if least >= 0 or most <= 0:
        return -math.inf if least >= 0 else math.inf
    away = away / max(-least, most)
    point, rest = _saddle(away, many)
    share = away / rest
    curvature = float((many * share * share).sum())
    drop = 2 * float((many * np.log(rest)).sum())
    root = math.copysign(math.sqrt(max(drop, 0.0)), point)
    if abs(root) < _FLAT:
        return root + float((many * share**3).sum()) / (3 * curvature**1.5)
    return root + math.log(point * math.sqrt(curvature) / root) / root


def _saddle(away: Floats, many: Floats) -> tuple[float, Floats]:
    """The point where the slope of the cumulant function is 0, by Newton within a bracket."""
    low, high = 1 / float(away[0]), 1 / float(away[-1])
    point = 0.0
    for _ in range(_STEPS):
        rest = 1 - away * point
        share = away / rest
        slope = float((many * share).sum())
        low, high = (low, point) if slope > 0 else (point, high)
        step = point - slope / float((many * share * share).sum())
        step = step if low < step < high else (low + high) / 2
        if abs(step - point) <= _CLOSE / 10 * abs(step):
            break
        point = step
    return point, 1 - away * point


def _where(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that rises from below 0 at `low` reaches 0, up to `high` at most."""
    at_low, at_high = rising(low), rising(high)
    if at_low >= 0 or at_high <= 0:
        return low if at_low >= 0 else high
    side = 0
    for _ in range(_STEPS):
        even = math.isinf(at_low) or math.isinf(at_high)
        middle = (
            (low + high) / 2 if even else high - at_high * (high - low) / (at_high - at_low)
        )
        if not low < middle < high:
            break
        value = rising(middle)
        if abs(value) < _CLOSE:
            return middle
        if value > 0:
            high, at_high, at_low = middle, value, at_low / 2 if side > 0 else at_low
            side = 1
        else:
            low, at_low, at_high = middle, value, at_high / 2 if side < 0 else at_high
            side = -1
    return low
