"""Paired right-or-wrong decisions: exact at no difference, score test at a margin.

Of `rows` paired decisions, the candidate alone is right in `wins`, the live model alone in
`losses`; the true gain is the probability of a win less that of a loss.

- Hypothesis of no difference: given the discordant rows, wins are binomial with share 1/2
  (McNemar 1947, Psychometrika 12; the exact form). Its error is at most alpha for any n.
- Other gains: Tango's score test (1998, "Equivalence test and confidence interval for the
  difference in proportions for the paired-sample design", Statistics in Medicine 17), which
  does not degenerate when few rows, or none, are discordant.
- The two are joined so that p-values rise with the gain in question and bounds agree with
  them: a lower bound is above 0 only if the exact test rejects 0.
- The score takes the net wins for normal. Away from no difference they are skewed, and far in
  the tail, where twenty seeds, fifty groups or thirty looks share the error, it errs up to
  twice as often as it says. So the saddle point counts as well (`Skewed`).
"""

import math
from dataclasses import dataclass

from cairn.stats.beta import crossing
from cairn.stats.distributions import binomial_at_least, normal_above

SKEWED = "exact McNemar, Tango, saddle point"
_MIDDLE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Discordance:
    """Counts of paired decisions; what they say about the gain."""

    wins: int
    losses: int
    rows: int

    @property
    def gain(self) -> float:
        """Share of rows that the candidate wins, less the share that it loses."""
        return (self.wins - self.losses) / self.rows

    @property
    def standard_error(self) -> float:
        """Of the gain, with one win and one loss added: never zero.

        Bonett and Price (2012), "Adjusted Wald confidence interval for a difference of
        binomial proportions based on paired data", J. Educ. Behav. Stat. 37.
        """
        n = self.rows + 2
        discordant, net = self.wins + self.losses + 2, self.wins - self.losses
        return math.sqrt(discordant - net * net / n) / n

    def p_above(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at most `gain`."""
        score = self._score(gain)
        return score if gain < 0 else max(score, self._exact())

    def p_below(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at least `gain`."""
        return self.swapped().p_above(-gain)

    def lower(self, alpha: float) -> float:
        """The gain up to which `p_above` rejects at `alpha`."""
        bound = crossing(lambda gain: self._score(gain) - alpha, -1.0, self.gain)
        return bound if bound < 0 or self._exact() <= alpha else 0.0

    def upper(self, alpha: float) -> float:
        """The gain from which on `p_below` rejects at `alpha`."""
        return -self.swapped().lower(alpha)

    def tail(self, gain: float) -> float:
        """Chance of such net wins or more at a true gain of `gain`, by the saddle point.

        Lugannani and Rice (1980), "Saddle point approximation for the distribution of the sum
        of independent random variables", Advances in Applied Probability 12. About the middle,
        where the score test holds, it is 0.
        """
        net = self.gain
        if not -1 < gain < net:
            return 0.0
        down = self._likely_loss(gain)
        up = down + gain
        rest = 1 - up - down
        if up <= 0:
            return 0.0
        root = math.sqrt((net * rest) ** 2 + 4 * up * down * (1 - net * net))
        if net == 1:
            return up**self.rows
        tilt = (net * rest + root) / (2 * up * (1 - net))
        mean = rest + up * tilt + down / tilt
        point = math.log(tilt)
        spread = (up * tilt + down / tilt) / mean - net * net
        signed = math.sqrt(max(2 * self.rows * (point * net - math.log(mean)), 0.0))
        if signed < _MIDDLE:
            return 0.0
        moved = point * math.sqrt(self.rows * spread)
        return normal_above(signed + math.log(moved / signed) / signed)

    def swapped(self) -> "Discordance":
        """Tell the same of the live model: its wins are the candidate's losses."""
        return Discordance(wins=self.losses, losses=self.wins, rows=self.rows)

    def _exact(self) -> float:
        """One-sided p-value of exact McNemar: as many wins of the discordant rows, or more."""
        return binomial_at_least(self.wins, self.wins + self.losses, 0.5)

    def _score(self, gain: float) -> float:
        """One-sided p-value of Tango's score statistic at a true gain of `gain`."""
        if not -1 < gain < 1:
            return 1.0 if gain >= self.gain else 0.0
        variance = self.rows * (2 * self._likely_loss(gain) + gain - gain * gain)
        excess = self.wins - self.losses - self.rows * gain
        if variance <= 0:
            return 0.0 if excess > 0 else 1.0
        return normal_above(excess / math.sqrt(variance))

    def _likely_loss(self, gain: float) -> float:
        """The likeliest probability of a loss, given that the gain is `gain` (Tango, 1998)."""
        n, b, c = self.rows, self.wins, self.losses
        linear = (2 * n - b + c) * gain - (b + c)
        constant = -c * gain * (1 - gain)
        root = math.sqrt(max(linear * linear - 8 * n * constant, 0.0))
        return max((root - linear) / (4 * n), 0.0, -gain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skewed:
    """Paired decisions by a law that holds at small errors too: the larger p-value counts."""

    plain: Discordance

    def p_above(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at most `gain`."""
        return max(self.plain.p_above(gain), self.plain.tail(gain))

    def p_below(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at least `gain`."""
        return self._swapped().p_above(-gain)

    def lower(self, alpha: float) -> float:
        """The gain up to which `p_above` rejects at `alpha`."""
        bound = self.plain.lower(alpha)
        if self.plain.tail(bound) <= alpha:
            return bound
        return crossing(lambda gain: self.plain.tail(gain) - alpha, -1.0, bound)

    def upper(self, alpha: float) -> float:
        """The gain from which on `p_below` rejects at `alpha`."""
        return -self._swapped().lower(alpha)

    def _swapped(self) -> "Skewed":
        return Skewed(plain=self.plain.swapped())
