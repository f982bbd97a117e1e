"""What differs between two versions: one row a thing, in the part of the version it is of."""

from cairn.core.card import card
from cairn.core.request import Record


class Difference(Record, frozen=True):
    """One thing that differs: in which part, what, from which value to which.

    `change` is how far a number moved, `after` less `before`.
    """

    part: str
    what: str
    before: str
    after: str
    change: float | None = None


class VersionDiff(Record, frozen=True):
    """Every difference between two versions, by name; equal versions have none."""

    before: str
    after: str
    differences: tuple[Difference, ...] = ()

    def __repr__(self) -> str:
        """Say how much differs."""
        return f"<{self.before} and {self.after}: {len(self.differences)} differences>"

    def _repr_html_(self) -> str:
        rows = [
            (f"{one.part}: {one.what}", f"{one.before} -> {one.after}")
            for one in self.differences
        ]
        return card(f"{self.before} -> {self.after}", rows)
