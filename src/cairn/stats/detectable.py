"""What a set of rows can see at all: the smallest gain it would detect, the rows it lacks."""

import math

from cairn.stats.distributions import normal_quantile
from cairn.stats.estimate import Difference, Estimate


def detectable_gain(
    standard_error: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The true gain that a one-sided test at `alpha` finds with probability `power`."""
    return (normal_quantile(1 - alpha) + normal_quantile(power)) * standard_error


def rows_to_detect(
    gain: float, standard_error: float, rows: int, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Rows of the same kind that detect `gain` > 0, if `rows` rows gave `standard_error`."""
    seen = detectable_gain(standard_error, alpha=alpha, power=power)
    return math.ceil(rows * (seen / gain) ** 2)


def rows_needed(excess: float, found: Difference | Estimate) -> int | None:
    """Rows that would decide if things are as they look; `None` if they look the other way.

    `excess` is how far the value lies on the good side of what it is held against.
    """
    if excess <= 0 or found.standard_error == 0:
        return None
    return rows_to_detect(excess, found.standard_error, found.rows, alpha=found.alpha)


def detectable_share(
    rows: int, discordance: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The gain in a share detected in `rows` paired rows, of which a share is discordant.

    Connor (1987), "Sample size for testing differences in proportions for the paired-sample
    design", Biometrics 43; never more than `discordance`, which is then out of reach.
    """
    first = normal_quantile(1 - alpha) * math.sqrt(discordance / rows)
    second = normal_quantile(power) ** 2 / rows
    # gain - first = sqrt(second * (discordance - gain^2)), squared and solved.
    a, b, c = 1 + second, -first, first * first - second * discordance
    gain = (-b + math.sqrt(max(b * b - a * c, 0.0))) / a
    return min(gain, discordance)


def rows_for_share(
    gain: float, discordance: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Paired rows that detect a `gain` in a share; `discordance` >= `gain` > 0 (Connor)."""
    first = normal_quantile(1 - alpha) * math.sqrt(discordance)
    second = normal_quantile(power) * math.sqrt(discordance - gain * gain)
    return math.ceil(((first + second) / gain) ** 2)
