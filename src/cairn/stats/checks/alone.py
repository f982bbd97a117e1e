"""What lets no finding pass that took rows for independent whose ids say otherwise."""

from msgspec.structs import replace

from cairn.core.check import Check
from cairn.core.gate import Finding
from cairn.core.need import view_of
from cairn.stats.checks.evidence import Evidence, Problem
from cairn.stats.checks.words import count, shown
from cairn.stats.repeats import repeated


def alone(finding: Finding, check: Check, evidence: Evidence) -> Finding:
    """Leave a pass undecided if its rows repeat a customer by their ids, and have no unit."""
    rows = evidence.candidate
    if finding.outcome != "pass" or view_of(check) is None:
        return finding
    if evidence.statistics == 1 or isinstance(rows, Problem) or rows.unit is not None:
        return finding
    again = repeated(rows.ids)
    if again is None:
        return finding
    name, times = again
    return replace(
        finding,
        outcome="inconclusive",
        code="unit-unknown",
        reason=f"{finding.reason}; but the ids look like a name and a date, and "
        f"{shown(name)!r} comes in {count(times)}: such rows are alike, and were taken for "
        "independent",
        fix=_NAME_IT,
    )


_NAME_IT = (
    "write into the model's evaluation in cairn.toml which column repeats: "
    '`unit = "customer"` (or the column of the ids, if no two rows belong together), and '
    "evaluate both versions again"
)
