"""Intervals against a limit: where the value lies, how sure that is, which side is allowed."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from cairn.plots import svg

WIDTH = 340.0
_LEFT, _RIGHT, _TOP = 12.0, 328.0, 22.0
_ROW, _NAMED = 26.0, 36.0
_MARGIN = 0.08
_LETTERS = 48

Side = Literal["left", "right"]


class Interval(NamedTuple):
    """One value with its bounds; a bound that is absent runs to the edge of the picture."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    colour: str


class Limit(NamedTuple):
    """What the intervals are held against, and on which side of it they should lie."""

    at: float
    name: str
    allowed: Side


def draw(
    intervals: Sequence[Interval],
    limit: Limit | None,
    *,
    title: str,
    zero: float | None = None,
) -> str:
    """Draw intervals below each other; the allowed side is tinted, `zero` is a thin line."""
    known = [v for i in intervals for v in (i.value, i.low, i.high) if v is not None]
    known += [v for v in (limit and limit.at, zero) if v is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    spare = _MARGIN * (high - low) or 0.5 * abs(high) or 1.0
    scale = _Scale(low - spare, high + spare)
    step = _NAMED if any(i.name for i in intervals) else _ROW
    floor = _TOP + len(intervals) * step
    parts = [*_ground(scale, limit, floor=floor, zero=zero)]
    for place, interval in enumerate(intervals):
        parts += _interval(interval, scale, y=_TOP + place * step, step=step)
    return svg.picture(parts, width=WIDTH, height=floor + 22, title=title)


class _Scale(NamedTuple):
    low: float
    high: float

    def x(self, value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (value - self.low) / (self.high - self.low)


def _ground(
    scale: _Scale, limit: Limit | None, *, floor: float, zero: float | None
) -> list[str]:
    parts: list[str] = []
    if limit is not None:
        x = scale.x(limit.at)
        left, right = (x, _RIGHT) if limit.allowed == "right" else (_LEFT, x)
        parts.append(
            svg.box(left, _TOP, right - left, floor - _TOP, colour="#1a7f37", opacity=0.12)
        )
    ticks = svg.ticks(scale.low, scale.high, about=4)
    places = svg.decimals(ticks)
    for tick in ticks:
        x = scale.x(tick)
        words = f"{tick:.{places}f}"
        parts.append(svg.line([(x, floor), (x, floor + 4)], width=1))
        parts.append(svg.text(x, floor + 17, words, size=11, anchor="middle"))
    parts.append(svg.line([(_LEFT, floor), (_RIGHT, floor)], width=1))
    if zero is not None:
        x = scale.x(zero)
        parts.append(svg.line([(x, _TOP), (x, floor)], colour=svg.BEFORE, width=1))
    return parts + ([] if limit is None else _mark(limit, scale.x(limit.at), floor))


def _mark(limit: Limit, x: float, floor: float) -> list[str]:
    anchor = "start" if x < WIDTH / 2 else "end"
    return [
        svg.line([(x, _TOP - 4), (x, floor)], dashed=True),
        svg.text(x, _TOP - 8, svg.shortened(limit.name, letters=34), size=11, anchor=anchor),
    ]


def _interval(interval: Interval, scale: _Scale, *, y: float, step: float) -> list[str]:
    middle = y + step - 12
    low = _LEFT if interval.low is None else scale.x(interval.low)
    high = _RIGHT if interval.high is None else scale.x(interval.high)
    parts = [svg.line([(low, middle), (high, middle)], colour=interval.colour, width=3)]
    for x, known in ((low, interval.low), (high, interval.high)):
        if known is not None:
            ends = [(x, middle - 5), (x, middle + 5)]
            parts.append(svg.line(ends, colour=interval.colour, width=2))
    if interval.value is not None:
        x = scale.x(interval.value)
        parts.append(svg.dot(x, middle, colour=interval.colour, radius=4.5))
    if interval.name:
        words = svg.shortened(interval.name, letters=_LETTERS)
        parts.append(svg.text(_LEFT, y + 13, words, size=11))
    return parts
