"""Gather what a gate judges: stored predictions, latencies and facts, read and verified."""

from dataclasses import dataclass

from cairn.core import tree
from cairn.core.check import LatencyBudget
from cairn.core.digest import Digest
from cairn.core.evaluation import EvaluationInfo, LatencyInfo
from cairn.core.gate import Policy
from cairn.core.version import Version
from cairn.engine import evaluation
from cairn.engine.context import Context
from cairn.objects.tree import tree_entries
from cairn.stats.checks import (
    Evidence,
    Problem,
    no_evaluation,
    not_scored_alike,
    wrong_scorer,
    wrong_snapshot,
)
from cairn.stats.predictions import Predictions, decode

Scored = EvaluationInfo | Problem


@dataclass(frozen=True)
class _Store:
    """Where to look: a policy's snapshot and scorer, up to a ledger entry."""

    context: Context
    policy: Policy
    before: int | None

    def scored(self, version: Version) -> tuple[EvaluationInfo, ...] | Problem:
        """Read a version's evaluations that the policy accepts, newest first."""
        snapshot, scorer = self.policy.evaluation, self.policy.scorer
        everywhere = self._evaluations(version, None)
        here = tuple(i for i in everywhere if i.evaluation.snapshot == snapshot)
        if not everywhere:
            return no_evaluation(version.name, snapshot)
        if not here:
            found = sorted({info.evaluation.snapshot for info in everywhere})
            return wrong_snapshot(version.name, snapshot, found=found)
        accepted = tuple(i for i in here if scorer in (None, i.evaluation.scorer))
        if not accepted and scorer is not None:
            return wrong_scorer(version.name, snapshot, scorer=scorer)
        return accepted

    def latency(self, version: Version) -> LatencyInfo | None:
        """Read a version's newest latency measurement, if the policy asks for one."""
        asked = any(isinstance(check, LatencyBudget) for check in self.policy.checks)
        if not asked or version.manifest.artifacts is None:
            return None
        found = evaluation.latencies_of(
            self.context, version.manifest.artifacts.tree, before=self.before
        )
        return found[0] if found else None

    def read(self, scored: Scored) -> Predictions | Problem:
        """Read and verify the predictions of an evaluation."""
        if isinstance(scored, Problem):
            return scored
        return decode(self.context.objects.get(scored.evaluation.predictions))

    def _evaluations(
        self, version: Version, snapshot: Digest | None
    ) -> tuple[EvaluationInfo, ...]:
        if version.manifest.artifacts is None:
            return ()
        artifacts = version.manifest.artifacts.tree
        return evaluation.of(self.context, artifacts, snapshot=snapshot, before=self.before)


def gather(
    context: Context,
    policy: Policy,
    candidate: Version,
    *,
    live: Version | None,
    waiver: str,
    before: int | None,
) -> tuple[Evidence, tuple[Digest, ...]]:
    """Collect the evidence, newest first, and the digests of what was used of it.

    `before` leaves out what was recorded after that ledger entry.
    """
    store = _Store(context, policy, before)
    own, other = _scored_alike(store, candidate, live)
    timed = store.latency(candidate)
    used = [
        info.digest for info in (own, other, timed) if info and not isinstance(info, Problem)
    ]
    gathered = Evidence(
        version=candidate.name,
        snapshot=policy.evaluation,
        candidate=store.read(own),
        live_version=live.name if live else None,
        live=store.read(other) if other is not None else None,
        latency_ms=timed.latency.samples_ms if timed else None,
        files=_files(context, candidate),
        gaps=candidate.gaps,
        waiver=waiver,
        bootstrap=policy.bootstrap,
    )
    return gathered, tuple(used)


def _scored_alike(
    store: _Store, candidate: Version, live: Version | None
) -> tuple[Scored, Scored | None]:
    """Choose the newest evaluations of both versions that one scorer made."""
    own = store.scored(candidate)
    other = store.scored(live) if live is not None else None
    if isinstance(own, Problem) or other is None or live is None:
        return (own if isinstance(own, Problem) else own[0]), _first(other)
    if isinstance(other, Problem):
        return own[0], other
    for info in own:
        for match in other:
            if match.evaluation.scorer == info.evaluation.scorer:
                return info, match
    return own[0], not_scored_alike(candidate.name, live.name, store.policy.evaluation)


def _first(found: tuple[EvaluationInfo, ...] | Problem | None) -> Scored | None:
    return found[0] if isinstance(found, tuple) else found


def _files(context: Context, version: Version) -> frozenset[str]:
    if version.manifest.artifacts is None:
        return frozenset()
    entries = tree_entries(context.objects, version.manifest.artifacts.tree)
    return frozenset(tree.escape(entry.path) for entry in entries)
