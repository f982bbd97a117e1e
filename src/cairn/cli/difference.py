"""What differs between two versions, as a table: numbers with how far they moved."""

from cairn.cli.app import Shown
from cairn.cli.text import number, table
from cairn.core.difference import Difference, VersionDiff
from cairn.stats.metrics import better


def difference(found: VersionDiff) -> Shown:
    """Lay out every difference between two versions."""
    if not found.differences:
        return Shown(found, f"{found.before} and {found.after} do not differ")
    head = ("part", "what", found.before, found.after, "change")
    return Shown(found, table(head, [_row(one) for one in found.differences]))


def _row(one: Difference) -> tuple[str, ...]:
    if one.part != "metrics" or one.change is None:
        return (one.part, one.what, one.before, one.after, _change(one))
    before, after = (number(float(value)) for value in (one.before, one.after))
    return (one.part, one.what, before, after, _change(one))


def _change(one: Difference) -> str:
    if one.change is None:
        return ""
    moved = f"{one.change:+.4g}"
    if one.part != "metrics":
        return moved
    is_better = (one.change > 0) == (better(one.what) == "higher")
    return f"{moved} {'better' if is_better else 'worse'}"
