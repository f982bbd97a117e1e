"""What checks are judged on: everything is handed in, nothing is fetched.

Evidence that is missing is a `Problem`, so that a check can say what is missing and what to
type; it never turns into a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cairn.core.digest import Digest
from cairn.core.gate import Bootstrap
from cairn.core.run import Gap
from cairn.stats.predictions import Predictions

_DIGITS = len("sha256:") + 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a piece of evidence is missing: stable code, one sentence, what to type."""

    code: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Everything one gate is judged on.

    `version` and `live_version` are names for people (`churn:3`); `live_version` and `live`
    are `None` while nothing is live. `snapshot` is the policy's. `latency_ms` are single calls
    in milliseconds, `None` if never measured. `files` are escaped paths in the candidate's
    artifact tree. `gaps` are what the candidate lacks, and `waiver` is why that was accepted.
    """

    version: str
    snapshot: Digest
    candidate: Predictions | Problem
    live_version: str | None = None
    live: Predictions | Problem | None = None
    latency_ms: Sequence[float] | None = None
    files: frozenset[str] = field(default_factory=frozenset[str])
    gaps: tuple[Gap, ...] = ()
    waiver: str = ""
    bootstrap: Bootstrap = "refuse"


def sound(version: str, found: Predictions | Problem) -> Predictions | Problem:
    """Let predictions through if every label and score is a finite number."""
    if isinstance(found, Problem):
        return found
    wrong = int((~np.isfinite(found.score) | ~np.isfinite(found.label)).sum())
    if not wrong:
        return found
    return Problem(
        code="not-finite",
        reason=f"{wrong} of {found.score.size} rows that {version} was evaluated on have a "
        "label or score that is NaN or infinite",
        fix=f"find out where {version} gives them, and evaluate it again",
    )


def no_evaluation(version: str, snapshot: Digest) -> Problem:
    """`version` was never evaluated."""
    return Problem(
        code="no-evaluation",
        reason=f"{version} has no stored evaluation",
        fix=_evaluate(version, snapshot),
    )


def wrong_snapshot(version: str, snapshot: Digest, *, found: Sequence[Digest]) -> Problem:
    """`version` was evaluated, but only on the snapshots `found`."""
    others = ", ".join(digest[:_DIGITS] for digest in found)
    return Problem(
        code="wrong-snapshot",
        reason=f"{version} was evaluated on {others}, but the policy asks for "
        f"{snapshot[:_DIGITS]}",
        fix=_evaluate(version, snapshot),
    )


def wrong_scorer(version: str, snapshot: Digest, *, scorer: Digest) -> Problem:
    """`version` was evaluated on the right snapshot, but never by the policy's scorer."""
    return Problem(
        code="wrong-scorer",
        reason=f"{version} was evaluated on {snapshot[:_DIGITS]} by another scorer than "
        f"{scorer[:_DIGITS]}, which the policy asks for",
        fix=f"cairn gate check {version}",
    )


def not_scored_alike(version: str, live_version: str, snapshot: Digest) -> Problem:
    """Both versions were evaluated on the snapshot, but never by the same scorer."""
    return Problem(
        code="wrong-scorer",
        reason=f"{live_version} and {version} were never evaluated on {snapshot[:_DIGITS]} "
        "by the same scorer",
        fix=f"cairn gate check {version}",
    )


def _evaluate(version: str, snapshot: Digest) -> str:
    return f"cairn evaluate {version} --on {snapshot[:_DIGITS]}"
