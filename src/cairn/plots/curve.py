"""Curves in the unit square: one a model, with whiskers where a point has bounds."""

from collections.abc import Sequence
from typing import NamedTuple

from cairn.plots import svg

SIDE, WIDTH = 270.0, 340.0
_LEFT, _TOP, _LINE = 46.0, 12.0, 18.0
_BELOW = 46.0

Point = tuple[float, float]


class Curve(NamedTuple):
    """One line: its name, its points, and perhaps lower and upper bounds at each of them."""

    name: str
    points: Sequence[Point]
    colour: str
    bounds: Sequence[Point] = ()


def draw(
    curves: Sequence[Curve], *, title: str, across: str, up: str, dashed: Sequence[Point] = ()
) -> str:
    """Draw curves whose coordinates lie from 0 to 1; `dashed` is a line to compare with."""
    floor = _TOP + SIDE
    parts = [*_frame(across, up)]
    if dashed:
        parts.append(svg.line([_at(p) for p in dashed], colour=svg.BEFORE, dashed=True))
    for place, curve in enumerate(curves):
        parts += _curve(curve, marked=bool(curve.bounds))
        y = floor + _BELOW + place * _LINE
        parts.append(svg.box(_LEFT, y - 9, 12, 10, colour=curve.colour))
        parts.append(svg.text(_LEFT + 18, y, svg.shortened(curve.name, letters=46)))
    height = floor + _BELOW + len(curves) * _LINE
    return svg.picture(parts, width=WIDTH, height=height, title=title)


def _frame(across: str, up: str) -> list[str]:
    parts: list[str] = []
    for tick in svg.ticks(0, 1):
        x, y = _at((tick, tick))
        parts += [
            svg.line([(_LEFT, y), (_LEFT + SIDE, y)], colour=svg.FAINT, width=1),
            svg.line([(x, _TOP), (x, _TOP + SIDE)], colour=svg.FAINT, width=1),
            svg.text(_LEFT - 6, y + 4, f"{tick:g}", size=11, anchor="end"),
            svg.text(x, _TOP + SIDE + 14, f"{tick:g}", size=11, anchor="middle"),
        ]
    middle = _TOP + SIDE / 2
    turned = svg.text(12, middle, up, anchor="middle")
    return [
        *parts,
        f'<g transform="rotate(-90 12 {middle:g})">{turned}</g>',
        svg.text(_LEFT + SIDE / 2, _TOP + SIDE + 29, across, anchor="middle"),
    ]


def _curve(curve: Curve, *, marked: bool) -> list[str]:
    parts = [svg.line([_at(p) for p in curve.points], colour=curve.colour, width=2)]
    if not marked:
        return parts
    for (x, y), (low, high) in zip(curve.points, curve.bounds, strict=True):
        parts.append(svg.line([_at((x, low)), _at((x, high))], colour=curve.colour))
        parts.append(svg.dot(*_at((x, y)), colour=curve.colour))
    return parts


def _at(point: Point) -> Point:
    x, y = point
    return _LEFT + SIDE * x, _TOP + SIDE * (1 - y)
