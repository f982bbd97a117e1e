"""Gains whose distribution is about normal, or Student's t: means, ratios and areas."""

import math
from dataclasses import dataclass

from cairn.stats.distributions import (
    normal_above,
    normal_quantile,
    student_above,
    student_quantile,
)

FLAT = "every row shows the same difference, so its error cannot be told"
_ROUNDING = 1e-12


def is_flat(gain: float, standard_error: float) -> bool:
    """Whether a gain has no spread but that of rounding: three equal rows prove nothing."""
    return standard_error <= _ROUNDING * abs(gain) != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wald:
    """A gain with its standard error; `freedom` is infinite for the normal law.

    A standard error of zero means that the models are alike on every row: the gain is known
    to be 0, which is not superior to 0 and is non-inferior at any positive margin.
    """

    gain: float
    standard_error: float
    freedom: float = math.inf

    def p_above(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at most `gain`."""
        return self._tail(self.gain - gain)

    def p_below(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at least `gain`."""
        return self._tail(gain - self.gain)

    def lower(self, alpha: float) -> float:
        """The gain up to which `p_above` rejects at `alpha`."""
        return self.gain - self._width(alpha)

    def upper(self, alpha: float) -> float:
        """The gain from which on `p_below` rejects at `alpha`."""
        return self.gain + self._width(alpha)

    def _tail(self, distance: float) -> float:
        if self.standard_error == 0:
            return 0.0 if distance > 0 else 1.0
        t = distance / self.standard_error
        return normal_above(t) if math.isinf(self.freedom) else student_above(t, self.freedom)

    def _width(self, alpha: float) -> float:
        if math.isinf(self.freedom):
            return self.standard_error * normal_quantile(1 - alpha)
        return self.standard_error * student_quantile(1 - alpha, self.freedom)
