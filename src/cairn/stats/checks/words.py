"""How findings say numbers, so that a reader can tell what was compared with what."""

import math

from cairn.core.gate import STATISTICS
from cairn.stats.estimate import Difference, Estimate

_FEWEST, _MOST = 2, 10
_CLOSE = 1e-9
_NORMAL = 100


def decimals(width: float) -> int:
    """Digits after the point that show an interval of this width in two digits."""
    if width <= 0:
        return 4
    return min(max(math.ceil(-math.log10(width)) + 1, _FEWEST), _MOST)


def number(value: float, places: int, *, beside: float | None = None) -> str:
    """Write a number; with more digits if it would look equal to `beside` and is not."""
    while beside is not None and value != beside and places < _MOST:
        if f"{value:.{places}f}" != f"{beside:.{places}f}":
            break
        places += 1
    return _signless_zero(f"{value:.{places}f}")


def signed(value: float, places: int) -> str:
    """Write a difference with its sign: `+0.0022`."""
    text = f"{value:+.{places}f}"
    return _signless_zero(text.removeprefix("+")) if float(text) == 0 else text


def percent(share: float) -> str:
    """Write a share in six digits: `95%`, `99.9%`, `96.9604%`; never `100%`."""
    text = f"{100 * share:.6g}"
    return f"{100 * share:.10g}%" if text == "100" else f"{text}%"


def stated(share: float, statistics: int = STATISTICS) -> str:
    """Write a confidence by two digits of its error, and never as more: `95%`, `99.66%`.

    The first version of the statistics wrote six digits.
    """
    error = 100 * (1 - share)
    if statistics == 1 or error <= 0:
        return percent(share)
    places = max(1 - math.floor(math.log10(error)), 0)
    text = f"{math.floor(100 * share * 10**places + _CLOSE) / 10**places:.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if places else text}%"


def count(rows: int, noun: str = "row") -> str:
    """Write a number of things: `1 row`, `23,411 rows`."""
    return f"{rows:,} {noun if rows == 1 else several(noun)}"


def several(noun: str) -> str:
    """Write what there are more of: `rows`, `queries`."""
    return noun.removesuffix("y") + "ies" if noun.endswith("y") else f"{noun}s"


def basis(found: Difference | Estimate) -> str:
    """Write what numbers rest on: `800 rows in 60 units, worth 41 of equal weight`.

    Degrees of freedom are told where Student's law is not the normal one within a hundredth.
    """
    units = f" in {count(found.units, 'unit')}" if found.units is not None else ""
    worth = f", worth {found.effective:.0f} of equal weight" if found.effective else ""
    if found.rarer is not None:
        worth = f", worth {found.rarer:.0f} with the rarer label"
    freedom = ""
    if found.freedom is not None and found.freedom < _NORMAL:
        freedom = f", {found.freedom:.0f} degree{'s' * (round(found.freedom) != 1)} of freedom"
    return f"{count(found.rows, found.noun)}{units}{worth}{freedom}"


def shown(name: str, longest: int = 40) -> str:
    """Spell a name that came with the data: no control characters, not too long."""
    plain = "".join(char if char.isprintable() else "?" for char in name)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _signless_zero(text: str) -> str:
    return text.removeprefix("-") if float(text) == 0 else text
