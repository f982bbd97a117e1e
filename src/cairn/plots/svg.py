"""The pieces of a picture: text, lines and boxes in a coordinate system, and the whole."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

BEFORE, AFTER, ALARM = "#8a94a6", "#1f6feb", "#c2410c"
INK, FAINT = "#1b1f24", "#d7dce3"
FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


def picture(parts: Iterable[str], *, width: float, height: float, title: str) -> str:
    """Put parts together as one SVG that stands alone; `title` is read aloud and shown."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="img" font-family="{FONT}" '
        f'font-size="12" fill="{INK}"><title>{escape(title)}</title>'
        f'<rect width="{_n(width)}" height="{_n(height)}" fill="#ffffff"/>'
        + "".join(parts)
        + "</svg>\n"
    )


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = 12,
    anchor: str = "start",
    colour: str = INK,
    bold: bool = False,
) -> str:
    """Write words; `anchor` is `start`, `middle` or `end`."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}" '
        f'fill="{colour}"{weight}>{escape(words)}</text>'
    )


def box(
    x: float, y: float, width: float, height: float, *, colour: str, opacity: float = 1
) -> str:
    """Fill a rectangle."""
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" '
        f'height="{_n(max(height, 0))}" fill="{colour}" fill-opacity="{_n(opacity)}"/>'
    )


def line(
    points: Sequence[tuple[float, float]],
    *,
    colour: str = INK,
    width: float = 1.5,
    dashed: bool = False,
) -> str:
    """Join points."""
    path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    dashes = ' stroke-dasharray="4 3"' if dashed else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" '
        f'stroke-width="{_n(width)}"{dashes}/>'
    )


def area(points: Sequence[tuple[float, float]], *, colour: str, opacity: float = 0.15) -> str:
    """Fill the surface within points."""
    path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    return f'<polygon points="{path}" fill="{colour}" fill-opacity="{_n(opacity)}"/>'


def dot(x: float, y: float, *, colour: str = INK, radius: float = 3) -> str:
    """Draw a filled circle."""
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{colour}"/>'


def shortened(words: str, *, letters: int) -> str:
    """Cut words that would not fit."""
    return words if len(words) <= letters else words[: letters - 1] + "…"


def ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Return round numbers from `low` to `high`, about as many as asked for."""
    if not low < high:
        return [low]
    rough = (high - low) / max(about, 1)
    unit = 10 ** floor(log10(rough))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    digits = 2 - floor(log10(step))
    return [round(number * step, digits) for number in range(first, last + 1)]


def decimals(values: Sequence[float]) -> int:
    """Return how many decimals tell the values apart."""
    steps = [abs(second - first) for first, second in pairwise(values) if second != first]
    return max(0, -floor(log10(min(steps)))) if steps else 2


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
