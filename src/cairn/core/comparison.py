"""Two versions on the same rows: what they say differently."""

from cairn.core.card import card
from cairn.core.digest import Digest
from cairn.core.evaluation import LookAhead, Task
from cairn.core.request import Record


class MetricDifference(Record, frozen=True):
    """One metric of both versions; `undefined` says why there are no numbers.

    `difference` is candidate less live; `lower` and `upper` are its bounds, each at 95%.
    """

    metric: str
    rows: int = 0
    discordant: int = 0
    candidate: float | None = None
    live: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    better: str = "higher"
    undefined: str = ""


class GroupDifference(Record, frozen=True):
    """One group: how alike the versions are in it, and one metric of both."""

    grouping: str
    group: str
    rows: int
    metric: MetricDifference
    agreement: float | None = None
    apart: float | None = None


class Flipped(Record, frozen=True):
    """One row that the versions treat otherwise: scores, names of classes, or numbers."""

    id: str
    label: float | str
    candidate: float | str
    live: float | str


class Comparison(Record, frozen=True):
    """Everything that two versions say differently about one snapshot.

    `agreement` is the share of rows that get the same class from both; of numbers, half of the
    rows are at most `apart`. `gained` rows are decided rightly by the candidate alone, `lost`
    ones by the live version alone; of numbers, the error is smaller there. `flipped` are
    examples of both, the largest change first. `looks` are those that whoever chooses by this
    takes at the data of gates.
    """

    candidate: str
    live: str
    snapshot: Digest
    scorer: Digest
    evaluations: tuple[Digest, Digest]
    task: Task
    rows: int
    gained: int
    lost: int
    metrics: tuple[MetricDifference, ...]
    agreement: float | None = None
    apart: float | None = None
    groups: tuple[GroupDifference, ...] = ()
    flipped: tuple[Flipped, ...] = ()
    looks: tuple[LookAhead, ...] = ()

    def __repr__(self) -> str:
        """Say what was compared, and how alike both are."""
        alike = "" if self.agreement is None else f"{self.agreement:.1%} of "
        apart = "" if self.apart is None else f", half within {self.apart:.4g}"
        return f"<{self.candidate} and {self.live}: {alike}{self.rows:,} rows{apart}>"

    def _repr_html_(self) -> str:
        found = [
            (one.metric, one.undefined or f"{one.candidate:.4g} against {one.live:.4g}")
            for one in self.metrics
        ]
        return card(repr(self).strip("<>"), found)
