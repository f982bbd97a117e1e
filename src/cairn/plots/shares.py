"""Shares of rows in bins, two sets beside each other: what moved, column by column."""

from collections.abc import Sequence
from typing import NamedTuple

from cairn.plots import svg

COLUMNS, PANEL, ROW, GAP = 3, 260.0, 170.0, 24.0
_TOP, _PLOT = 64.0, 84.0
_NAME, _BIN = 30, 9
_MANY_BINS = 7


class Panel(NamedTuple):
    """One column: its name, a line on what moved, bins, and shares of both sets in each."""

    name: str
    note: str
    bins: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    alarm: bool


def draw(panels: Sequence[Panel], *, title: str, before: str, after: str) -> str:
    """Draw panels in three columns, under a title that says which set is which."""
    rows = -(-len(panels) // COLUMNS)
    width = COLUMNS * PANEL + (COLUMNS + 1) * GAP
    parts = _head(title, before, after)
    for place, panel in enumerate(panels):
        row, column = divmod(place, COLUMNS)
        parts += _panel(panel, GAP + column * (PANEL + GAP), _TOP + row * (ROW + GAP))
    return svg.picture(parts, width=width, height=_TOP + rows * (ROW + GAP), title=title)


def _head(title: str, before: str, after: str) -> list[str]:
    return [
        svg.text(GAP, 26, title, size=16, bold=True),
        svg.box(GAP, 38, 10, 10, colour=svg.BEFORE),
        svg.text(GAP + 16, 47, before),
        svg.box(GAP + PANEL + GAP, 38, 10, 10, colour=svg.AFTER),
        svg.text(GAP + PANEL + GAP + 16, 47, after),
    ]


def _panel(panel: Panel, x: float, y: float) -> list[str]:
    colour = svg.ALARM if panel.alarm else svg.INK
    floor = y + 44 + _PLOT
    highest = max((*panel.before, *panel.after), default=0) or 1
    parts = [
        svg.text(x, y + 14, svg.shortened(panel.name, letters=_NAME), size=13, bold=True),
        svg.text(x, y + 31, panel.note, size=11, colour=colour),
        svg.line([(x, floor), (x + PANEL, floor)], colour=svg.FAINT, width=1),
    ]
    wide = PANEL / max(len(panel.bins), 1)
    for place, (name, old, new) in enumerate(
        zip(panel.bins, panel.before, panel.after, strict=True)
    ):
        left, bar = x + place * wide, wide * 0.38
        for offset, share, shade in ((0.1, old, svg.BEFORE), (0.52, new, svg.AFTER)):
            height = _PLOT * share / highest
            parts.append(
                svg.box(left + offset * wide, floor - height, bar, height, colour=shade)
            )
        if len(panel.bins) <= _MANY_BINS or place in (0, len(panel.bins) - 1):
            parts.append(
                _label(name, left, wide, floor=floor, place=place, bins=len(panel.bins))
            )
    parts.append(svg.text(x + PANEL, y + 14, f"to {highest:.0%}", size=10, anchor="end"))
    return parts


def _label(name: str, left: float, wide: float, *, floor: float, place: int, bins: int) -> str:
    """Name a bin; of many bins only the first and the last have room for a name."""
    if bins <= _MANY_BINS:
        words = svg.shortened(name, letters=max(3, int(wide / 6.5)))
        return svg.text(left + wide / 2, floor + 15, words, size=10, anchor="middle")
    words = svg.shortened(name, letters=2 * _BIN)
    if place == 0:
        return svg.text(left, floor + 15, words, size=10)
    return svg.text(left + wide, floor + 15, words, size=10, anchor="end")
