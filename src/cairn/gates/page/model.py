"""One version among those that are drawn: its rows, and how it is told apart."""

from typing import NamedTuple

from cairn.plots import svg
from cairn.stats.align import Sample

CANDIDATE, LIVE = svg.AFTER, "#57606a"


class Model(NamedTuple):
    """One version's rows, and the name and colour that it has in the pictures."""

    name: str
    rows: Sample
    colour: str
