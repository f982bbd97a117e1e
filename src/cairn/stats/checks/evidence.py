"""What checks are judged on: everything is handed in, nothing is fetched.

Evidence that is missing is a `Problem`, so that a check can say what is missing and what to
type; it never turns into a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cairn.core.digest import Digest
from cairn.core.evaluation import OwnResult, Perturbation
from cairn.core.gate import STATISTICS, Bootstrap, Reuse
from cairn.core.gated import ALWAYS as PRODUCTION
from cairn.core.ledger import Time
from cairn.core.name import LabelName
from cairn.core.need import Grouped
from cairn.core.run import Gap, Scalar
from cairn.core.version import Safety
from cairn.stats.align import Pair, align
from cairn.stats.misfit import Fault, misfit, row_fault
from cairn.stats.scored import Predictions

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
    the candidate again. `fields` are the candidate's manifest's; `safety` is what this store
    found in its files, None if it never looked, and `safety_reasons` why it is not `safe`;
    `size_bytes` is the sum over its files.
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
    are `None` while nothing is live; `fixed_version` and `fixed` are the policy's reference.
    `snapshot` is the policy's. `perturbed` are the
    candidate's predictions on perturbed inputs, or for `seed` those of versions that were
    trained with other seeds. `latency_ms` are single calls in milliseconds,
    `None` if never measured; `live_latency_ms` are the live version's, measured in turn with
    `in_turn_ms` (these if empty) in rounds of `round_calls` calls each, empty if it was not.
    Calls cycle through `latency_rows` rows, those in turn through `in_turn_rows` (0: nobody
    said, and 200 are taken), and are measurement number `latency_number` of these files.
    `own` are results of the project's own checks, by what the policy runs. `looks` counts the
    looks at the snapshot by metric and grouping, this one included, and `seen` the other
    versions that were seen on it and never judged; `reuse` is the policy's rule for them.
    `files` are escaped paths in the candidate's artifact tree. `gaps` are what the candidate
    lacks, and `waiver` is why that was accepted.
    """

    version: str
    snapshot: Digest
    candidate: Predictions | Problem
    live_version: str | None = None
    live: Predictions | Problem | None = None
    fixed_version: str | None = None
    fixed: Predictions | Problem | None = None
    perturbed: Mapping[Perturbation, tuple[Predictions, ...] | Problem] = field(
        default_factory=dict[Perturbation, tuple[Predictions, ...] | Problem]
    )
    latency_ms: Sequence[float] | Problem | None = None
    live_latency_ms: Sequence[float] = ()
    in_turn_ms: Sequence[float] = ()
    in_turn_rows: int = 0
    round_calls: int = 0
    latency_rows: int = 0
    latency_number: int = 1
    own: Mapping[str, OwnResult | Problem] = field(
        default_factory=dict[str, OwnResult | Problem]
    )
    looks: Mapping[tuple[str, tuple[Grouped, ...]], int] = field(
        default_factory=dict[tuple[str, tuple[Grouped, ...]], int]
    )
    seen: int = 0
    facts: Facts | None = None
    files: frozenset[str] = field(default_factory=frozenset[str])
    gaps: tuple[Gap, ...] = ()
    waiver: str = ""
    bootstrap: Bootstrap = "refuse"
    reuse: Reuse | None = None
    statistics: int = STATISTICS
    """The version of the statistics to judge by: a decision is replayed by its own."""
    ready: "Ready | None" = None
    """What was checked and aligned once for all checks of a policy."""

    @property
    def where(self) -> str:
        """What to type for this version and label: `churn:3`, `churn:3@staging`."""
        return to_type(self.version, self.facts.label if self.facts else PRODUCTION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ready:
    """Rows of both versions, checked, and side by side unless something keeps them apart."""

    candidate: Predictions | Problem
    live: Predictions | Problem | None
    pair: Pair | Fault | None


def rows_of(evidence: Evidence) -> Ready:
    """The rows of both versions, checked and aligned now unless that was done before."""
    if evidence.ready is not None:
        return evidence.ready
    candidate = sound(evidence.version, evidence.candidate)
    live = None if evidence.live is None else sound(evidence.live_version, evidence.live)
    return Ready(candidate=candidate, live=live, pair=_side_by_side(candidate, live))


def prepared(evidence: Evidence) -> Evidence:
    """Check and align the rows once: a million of them take longer than most checks."""
    return replace(evidence, ready=rows_of(evidence))


def _side_by_side(
    candidate: Predictions | Problem, live: Predictions | Problem | None
) -> Pair | Fault | None:
    if live is None or isinstance(candidate, Problem) or isinstance(live, Problem):
        return None
    return misfit(candidate, live) or align(candidate, live)


def sound(version: str | None, found: Predictions | Problem) -> Predictions | Problem:
    """Let predictions through if their rows can be judged by themselves."""
    if isinstance(found, Problem):
        return found
    fault = row_fault(found)
    if fault is None:
        return found
    return Problem(
        code=fault.code,
        reason=f"the evaluation of {version} cannot be judged: {fault.reason}",
        fix=f"find out where {version} gives such rows, and evaluate it again",
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


def to_type(version: str, label: LabelName) -> str:
    """Name a version and where it should go; `production` goes without saying."""
    return version if label == PRODUCTION else f"{version}@{label}"


def wrong_scorer(
    version: str, snapshot: Digest, *, scorer: Digest, label: LabelName = PRODUCTION
) -> Problem:
    """`version` was evaluated on the right snapshot, but never by the policy's scorer."""
    return Problem(
        code="wrong-scorer",
        reason=f"{version} was evaluated on {snapshot[:_DIGITS]} by another scorer than "
        f"{scorer[:_DIGITS]}, which the policy asks for",
        fix=f"cairn gate check {to_type(version, label)}",
    )


def not_scored_alike(
    version: str, live_version: str, snapshot: Digest, *, label: LabelName = PRODUCTION
) -> Problem:
    """Both versions were evaluated on the snapshot, but never by the same scorer."""
    return Problem(
        code="wrong-scorer",
        reason=f"{live_version} and {version} were never evaluated on {snapshot[:_DIGITS]} "
        "by the same scorer",
        fix=f"cairn gate check {to_type(version, label)}",
    )


def _evaluate(version: str, snapshot: Digest) -> str:
    return f"cairn evaluate {version} --on {snapshot[:_DIGITS]}"
