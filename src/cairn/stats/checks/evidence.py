"""What checks are judged on: everything is handed in, nothing is fetched.

Evidence that is missing is a `Problem`, so that a check can say what is missing and what to
type; it never turns into a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cairn.core.check import Grouped
from cairn.core.digest import Digest
from cairn.core.evaluation import OwnResult, Perturbation
from cairn.core.gate import Bootstrap, Reuse
from cairn.core.ledger import Time
from cairn.core.name import LabelName
from cairn.core.run import Gap, Scalar
from cairn.core.version import Safety
from cairn.stats.predictions import Predictions

_DIGITS = len("sha256:") + 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a piece of evidence is missing: stable code, one sentence, what to type."""

    code: str
    reason: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """One stretch of time in which a version held a label; `until` is `None` while it does."""

    label: LabelName
    since: Time
    until: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the ledger knows when a gate is judged, beside predictions.

    `now` is the instant of judging, and every time is spelled as in the ledger. `tenures` are
    the candidate's, oldest first; `promotions` are the instants of promotions to the label
    within the longest time that a rate limit of the policy asks for. `drilled_at` is the last
    rollback drill of the label that passed, `reproduced_at` the last time that somebody made
    the candidate again. `fields` and `safety` are the candidate's manifest's, `safety_reasons`
    why it is not `safe`; `size_bytes` is the sum over its files.
    """

    now: Time
    label: LabelName
    tenures: tuple[Tenure, ...] = ()
    promotions: tuple[Time, ...] = ()
    drilled_at: Time | None = None
    reproduced_at: Time | None = None
    fields: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    safety: Safety | None = None
    safety_reasons: tuple[str, ...] = ()
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Everything one gate is judged on.

    `version` and `live_version` are names for people (`churn:3`); `live_version` and `live`
    are `None` while nothing is live. `snapshot` is the policy's. `perturbed` are the
    candidate's predictions on perturbed inputs, or for `seed` those of versions that were
    trained with other seeds. `latency_ms` are single calls in milliseconds,
    `None` if never measured; `live_latency_ms` are the live version's, measured in turn with
    them in rounds of `round_calls` calls each, empty if it was not. `own` are results of the
    project's own checks, by what the policy runs. `looks` counts the looks at the snapshot by
    metric and grouping, this one included; `reuse` is the policy's rule for them. `files` are
    escaped paths in the candidate's artifact tree. `gaps` are what the candidate lacks, and
    `waiver` is why that was accepted.
    """

    version: str
    snapshot: Digest
    candidate: Predictions | Problem
    live_version: str | None = None
    live: Predictions | Problem | None = None
    perturbed: Mapping[Perturbation, tuple[Predictions, ...] | Problem] = field(
        default_factory=dict[Perturbation, tuple[Predictions, ...] | Problem]
    )
    latency_ms: Sequence[float] | Problem | None = None
    live_latency_ms: Sequence[float] = ()
    round_calls: int = 0
    own: Mapping[str, OwnResult | Problem] = field(
        default_factory=dict[str, OwnResult | Problem]
    )
    looks: Mapping[tuple[str, tuple[Grouped, ...]], int] = field(
        default_factory=dict[tuple[str, tuple[Grouped, ...]], int]
    )
    facts: Facts | None = None
    files: frozenset[str] = field(default_factory=frozenset[str])
    gaps: tuple[Gap, ...] = ()
    waiver: str = ""
    bootstrap: Bootstrap = "refuse"
    reuse: Reuse | None = None


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
