"""p-values of several tests together: no more false alarms among them all than of one."""

from collections.abc import Sequence

from cairn.core.errors import Invalid


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values, in their order: reject those at most alpha, and P(any false) <= alpha.

    Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6; valid however the tests depend on each other. Raises `Invalid`
    for a p-value not in 0..1.
    """
    if wrong := [p for p in p_values if not 0 <= p <= 1]:
        raise Invalid(f"{wrong[0]} is not a p-value")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = highest
    return tuple(adjusted)
