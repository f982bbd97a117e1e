"""How much error each look at an evaluation set may have, so that all looks have no more.

Whoever tries candidate after candidate on one set will find one that looks better by luck. If
look k is judged at alpha_k and the alpha_k add up to at most alpha, then the chance that any
of them lets an equal candidate through is at most alpha (Bonferroni), however the candidates
were chosen in the light of earlier answers.

- `inverse_square`: alpha_k = alpha * 6 / (pi^2 k^2), which adds up to alpha over all k. Never
  used up unless `looks` closes it; a look that comes late needs a clearer difference.
- `equal`: alpha / looks each for a declared number of looks, and nothing after them.

Whoever could choose the candidate among several that were seen on the set looks once, and
these share the error of that look (Bonferroni again): n of them leave alpha_k / n to each.
"""

import math
from dataclasses import dataclass

from cairn.core.gate import Decision, Policy, Reuse, spends
from cairn.core.need import view_of
from cairn.stats.distributions import normal_quantile

_POWER = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What look number `look` may spend of the error, and what is left after it.

    `stated` is the whole error, `fresh` what the first look at a new set may spend. `dearer`
    is how many times larger a difference must be now than there, to be found four times in
    five. `seen` are the other candidates that shared in `alpha`.
    """

    look: int
    alpha: float
    left: float
    fresh: float
    stated: float
    seen: int = 0

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left to judge by: no candidate can pass."""
        return self.alpha <= 0

    @property
    def dearer(self) -> float:
        """Detectable difference at this look, as a multiple of that at a first look."""
        return math.inf if self.exhausted else _seen(self.alpha) / _seen(self.fresh)


def allowance(reuse: Reuse | None, alpha: float, look: int, *, seen: int = 0) -> Allowance:
    """What look `look` >= 1 may spend of `alpha`; without a rule, all of it every time.

    The candidate was there to be chosen among `seen` others.
    """
    if reuse is None:
        return Allowance(look=look, alpha=alpha, left=alpha, fresh=alpha, stated=alpha)
    last = math.inf if reuse.looks is None else reuse.looks
    if reuse.spending == "equal":
        fresh = alpha / last
        spent, left = fresh, fresh * max(last - look, 0)
    else:
        fresh = alpha * 6 / math.pi**2
        spent, left = fresh / look**2, fresh * _tail(look, last)
    share = spent / (1 + seen) if look <= last else 0.0
    return Allowance(look=look, alpha=share, left=left, fresh=fresh, stated=alpha, seen=seen)


def after(decision: Decision, policy: Policy) -> Allowance | None:
    """What the next look may spend, if nobody else is seen before; the least of all checks.

    None if the policy counts no looks, or none of its checks spends an error on them.
    """
    number = {(look.metric, look.by): look.number for look in decision.looks}
    each = [
        allowance(
            policy.reuse, round(1 - getattr(check, "confidence", 0.95), 12), number[way] + 1
        )
        for check in policy.checks
        if spends(check) and (way := view_of(check)) in number
    ]
    return min(each, key=lambda one: one.alpha) if each and policy.reuse else None


def _tail(look: int, last: float) -> float:
    """Sum of 1 / k^2 over look < k <= last."""
    if math.isinf(last):
        return math.pi**2 / 6 - math.fsum(1 / k**2 for k in range(1, look + 1))
    return math.fsum(1 / k**2 for k in range(look + 1, int(last) + 1))


def _seen(alpha: float) -> float:
    return normal_quantile(1 - alpha) + normal_quantile(_POWER)
