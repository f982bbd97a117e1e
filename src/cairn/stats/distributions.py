"""Tails and quantiles of the normal, Student's t and the binomial, and bounds of a share."""

import math
from functools import lru_cache
from statistics import NormalDist

from cairn.stats.beta import beta_below, beta_quantile, crossing

_NORMAL = NormalDist()


def normal_below(z: float) -> float:
    """P(Z <= z) for a standard normal Z, exact in the lower tail as well."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def normal_above(z: float) -> float:
    """P(Z > z) for a standard normal Z, exact in the upper tail as well."""
    return normal_below(-z)


def normal_quantile(probability: float) -> float:
    """The z with P(Z <= z) = `probability` (Wichura 1988, AS 241); probability in (0, 1)."""
    return _NORMAL.inv_cdf(probability)


def student_above(t: float, freedom: float) -> float:
    """P(T > t) for Student's t with `freedom` > 0 degrees of freedom (DLMF 8.17)."""
    square = t * t
    if math.isinf(square):
        return 0.0 if t > 0 else 1.0
    x, y = freedom / (freedom + square), square / (freedom + square)
    tail = 0.5 * beta_below(x, freedom / 2, 0.5, complement=y)
    return tail if t > 0 else 1 - tail


@lru_cache(maxsize=1024)
def student_quantile(probability: float, freedom: float) -> float:
    """The t with P(T <= t) = `probability`; probability in (0, 1)."""
    if probability == 0.5:  # noqa: PLR2004 - the median
        return 0.0
    tail = min(probability, 1 - probability)
    high = 1.0
    while student_above(high, freedom) > tail:
        high *= 2
    size = crossing(lambda t: tail - student_above(t, freedom), 0.0, high)
    return math.copysign(size, probability - 0.5)


def binomial_at_least(successes: int, trials: int, share: float) -> float:
    """P(X >= successes) for X ~ Binomial(trials, share): the exact upper tail."""
    if successes <= 0:
        return 1.0
    if successes > trials:
        return 0.0
    return beta_below(share, successes, trials - successes + 1)


def binomial_at_most(successes: int, trials: int, share: float) -> float:
    """P(X <= successes) for X ~ Binomial(trials, share): the exact lower tail."""
    if successes < 0:
        return 0.0
    if successes >= trials:
        return 1.0
    return beta_below(1 - share, trials - successes, successes + 1, complement=share)


def clopper_pearson(successes: int, trials: int, alpha: float) -> tuple[float, float]:
    """Exact lower and upper bounds of a share, each of error at most `alpha`.

    Clopper and Pearson (1934), "The use of confidence or fiducial limits", Biometrika 26.
    """
    lower = _share_at_least(successes, trials, alpha)
    return lower, 1 - _share_at_least(trials - successes, trials, alpha)


def wilson(successes: int, trials: int, alpha: float) -> tuple[float, float]:
    """Score bounds of a share, each of error about `alpha`: narrower than the exact ones.

    Wilson (1927), "Probable inference", J. Am. Stat. Assoc. 22; trials > 0.
    """
    z = normal_quantile(1 - alpha)
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt((share * (1 - share) + z * z / (4 * trials)) / trials)
    scale = 1 + z * z / trials
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def _share_at_least(successes: int, trials: int, alpha: float) -> float:
    if successes == 0:
        return 0.0
    return beta_quantile(alpha, successes, trials - successes + 1)
