"""What the story looks up behind the scenes, to check itself and to quote numbers."""

from pathlib import Path

from cairn.core.comparison import Comparison
from cairn.core.gate import Decision, Finding, GroupFinding
from cairn.core.run import Gap
from cairn.core.version import Version
from cairn.inventory import gaps, read
from cairn.inventory.findings import FILE
from cairn.inventory.steps import Step, steps
from cairn.registry import Registry

MODEL, LABEL = "delays", "delays@production"


def open_gaps(folder: Path) -> tuple[Gap, ...]:
    """Read the gaps of the inventory."""
    return gaps(read(folder / FILE))


def nine_steps(folder: Path) -> tuple[Step, ...]:
    """Read the nine steps as they stand."""
    begun = (folder / "cairn.toml").exists()
    return steps(Registry.open(folder) if begun else None, folder)


def versions(folder: Path) -> tuple[Version, ...]:
    """Read the versions, newest first."""
    return Registry.open(folder).versions(MODEL)


def moves(folder: Path) -> list[tuple[str, int]]:
    """Read where the label went, oldest first: what was done, and the version's number."""
    return [(move.kind, move.number) for move in Registry.open(folder).history(LABEL)]


def last_decision(folder: Path) -> Decision:
    """Read the newest decision on the label."""
    return Registry.open(folder).decisions(LABEL)[0].decision


def comparison(folder: Path, candidate: str) -> Comparison:
    """Compare a candidate with the live version, on stored predictions."""
    return Registry.open(folder).compare(candidate, LABEL)


def finding(decision: Decision, check: str) -> Finding:
    """Return what one check of the policy found."""
    return next(found for found in decision.findings if found.check == check)


def failing(decision: Decision) -> set[str]:
    """Name the checks that a candidate did not pass."""
    return {found.check for found in decision.findings if found.outcome != "pass"}


def hurt(decision: Decision, check: str) -> dict[str, GroupFinding]:
    """Find the groups that a candidate would hurt, by name."""
    groups = finding(decision, check).groups
    return {group.group: group for group in groups if group.outcome == "fail"}
