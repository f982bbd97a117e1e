"""Several laws of one gain, where each alone fails in some world: the most cautious counts."""

from dataclasses import dataclass

from cairn.stats.estimate import Law


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Widest:
    """The law whose bounds are the widest, and whose p-values the largest, of several."""

    laws: tuple[Law, ...]

    def p_above(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at most `gain`."""
        return max(law.p_above(gain) for law in self.laws)

    def p_below(self, gain: float) -> float:
        """p-value of the hypothesis that the true gain is at least `gain`."""
        return max(law.p_below(gain) for law in self.laws)

    def lower(self, alpha: float) -> float:
        """The gain up to which `p_above` rejects at `alpha`."""
        return min(law.lower(alpha) for law in self.laws)

    def upper(self, alpha: float) -> float:
        """The gain from which on `p_below` rejects at `alpha`."""
        return max(law.upper(alpha) for law in self.laws)
