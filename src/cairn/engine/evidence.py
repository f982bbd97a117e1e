"""Gather what a gate judges: stored predictions, latencies and results, read and verified.

Evidence counts if a measurer signed for it whom the policy accepts; a policy that names none
accepts everybody's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from cairn.core import tree
from cairn.core.approval import listed, named
from cairn.core.digest import Digest, digest_of
from cairn.core.errors import Erased
from cairn.core.evaluation import (
    EvaluationInfo,
    LatencyInfo,
    OwnResult,
    Perturbation,
    ResultInfo,
    Scorer,
)
from cairn.core.gate import Look, Policy, PolicyInfo
from cairn.core.name import LabelName
from cairn.core.need import Perturbed, Timed, Tried, needs
from cairn.core.version import Version
from cairn.engine import evaluation, gate_facts, looks, version
from cairn.engine.context import Context
from cairn.objects.folders.stored_tree import tree_entries
from cairn.stats.checks import (
    Evidence,
    Problem,
    no_evaluation,
    not_scored_alike,
    to_type,
    wrong_scorer,
    wrong_snapshot,
)
from cairn.stats.predictions import Predictions, decode

Scored = EvaluationInfo | Problem
Info = TypeVar("Info", EvaluationInfo, LatencyInfo, ResultInfo)


@dataclass(frozen=True)
class Gathered:
    """Evidence, the digests of what was used of it, and the looks that it takes."""

    evidence: Evidence
    used: tuple[Digest, ...]
    looks: tuple[Look, ...]


@dataclass(frozen=True)
class _Store:
    """Where to look: a policy's snapshot, scorer and measurers, up to a ledger entry."""

    context: Context
    policy: Policy
    label: LabelName
    before: int | None

    def scored(self, version: Version) -> tuple[EvaluationInfo, ...] | Problem:
        """Read a version's evaluations that the policy accepts, newest first."""
        snapshot, scorer = self.policy.evaluation, self.policy.scorer
        everywhere = self.evaluations(version, None)
        here = tuple(
            info
            for info in everywhere
            if info.evaluation.snapshot == snapshot and not self.perturbed(info)
        )
        others = sorted({info.evaluation.snapshot for info in everywhere} - {snapshot})
        if not here and others:
            return wrong_snapshot(version.name, snapshot, found=others)
        if not here:
            return no_evaluation(version.name, snapshot)
        alike = tuple(i for i in here if scorer in (None, i.evaluation.scorer))
        if not alike and scorer is not None:
            return wrong_scorer(version.name, snapshot, scorer=scorer, label=self.label)
        again = f"cairn evaluate {version.name} --on {snapshot[:19]}"
        return self.accepted(alike, f"the evaluation of {version.name}", again=again)

    def accepted(
        self, infos: Sequence[Info], what: str, *, again: str
    ) -> tuple[Info, ...] | Problem:
        """Keep what an accepted measurer signed for; a problem if that leaves nothing."""
        people = self.policy.measurers
        if not people or not infos:
            return tuple(infos)
        signers = {
            info.digest: evaluation.measurers(self.context, info.digest, before=self.before)
            for info in infos
        }
        kept = tuple(
            info
            for info in infos
            if any(named(person, who) for person in people for who in signers[info.digest])
        )
        if kept:
            return kept
        by = " and ".join(sorted({who.id for found in signers.values() for who in found}))
        return Problem(
            code="unknown-measurer",
            reason=f"{what} is signed by {by or 'nobody'}; the policy accepts what "
            f"{listed(people)} measured",
            fix=f"have {listed(people)} measure it: `{again}`",
        )

    def timed(self, version: Version) -> LatencyInfo | Problem | None:
        """Read a version's newest latency measurement, if the policy asks for one."""
        asked = any(isinstance(need, Timed) for need in needs(self.policy))
        if not asked or version.manifest.artifacts is None:
            return None
        found = evaluation.latencies_of(
            self.context, version.manifest.artifacts.tree, before=self.before
        )
        again = f"cairn gate check {to_type(version.name, self.label)}"
        kept = self.accepted(found, f"the latency of {version.name}", again=again)
        return kept if isinstance(kept, Problem) else next(iter(kept), None)

    def in_turn(self, version: Version, live: Version | None) -> LatencyInfo | None:
        """Read the newest measurement in turn with the live version that counts."""
        ours, theirs = (one.manifest.artifacts if one else None for one in (version, live))
        if ours is None or theirs is None:
            return None
        found = [
            info
            for info in evaluation.latencies_of(self.context, ours.tree, before=self.before)
            if info.latency.live == theirs.tree
        ]
        kept = self.accepted(found, f"the latency of {version.name}", again="")
        return None if isinstance(kept, Problem) else next(iter(kept), None)

    def times_timed(self, version: Version) -> int:
        """Count the measurements of a version's latency, whoever made them; at least 1."""
        if version.manifest.artifacts is None:
            return 1
        tree = version.manifest.artifacts.tree
        return max(1, evaluation.times_timed(self.context, tree, before=self.before))

    def tried(self, version: Version, run: str) -> ResultInfo | Problem | None:
        """Read the newest result of what a check runs."""
        if version.manifest.artifacts is None:
            return None
        found = [
            info
            for info in evaluation.results_of(
                self.context, version.manifest.artifacts.tree, before=self.before
            )
            if info.result.run == run and info.result.snapshot == self.policy.evaluation
        ]
        again = f"cairn gate check {to_type(version.name, self.label)}"
        kept = self.accepted(found, f"the result of {run}", again=again)
        return kept if isinstance(kept, Problem) else next(iter(kept), None)

    def read(self, scored: Scored) -> Predictions | Problem:
        """Read and verify the predictions of an evaluation."""
        if isinstance(scored, Problem):
            return scored
        try:
            return decode(self.context.objects.get(scored.evaluation.predictions))
        except Erased as error:
            if self.before is not None:
                raise
            return Problem(
                code="erased",
                reason=f"predictions on {scored.evaluation.snapshot[:19]}: {error}",
                fix="bind the policy again, to what is left of the data: `cairn gate set "
                "MODEL@LABEL FILE`",
            )

    def evaluations(
        self, version: Version, snapshot: Digest | None
    ) -> tuple[EvaluationInfo, ...]:
        """Read every evaluation of a version."""
        if version.manifest.artifacts is None:
            return ()
        artifacts = version.manifest.artifacts.tree
        return evaluation.of(self.context, artifacts, snapshot=snapshot, before=self.before)

    def scorer(self, digest: Digest) -> Scorer:
        """Read how an evaluation was made."""
        return self.context.objects.get_record(digest, Scorer)

    def perturbed(self, info: EvaluationInfo) -> bool:
        """Whether an evaluation was made of perturbed inputs."""
        scorer = info.evaluation.scorer
        if scorer == self.policy.scorer:
            return False
        return self.scorer(scorer).perturbation is not None


def gather(
    context: Context,
    info: PolicyInfo,
    candidate: Version,
    *,
    live: Version | None,
    waiver: str,
    now: str,
    before: int | None,
    statistics: int,
) -> Gathered:
    """Collect the evidence, newest first, as it is now or was before a ledger entry."""
    policy = info.policy
    store = _Store(context, policy, info.label, before)
    own, other = _scored_alike(store, candidate, live)
    reference = _reference(context, info)
    fixed = _scored_by(store, own, reference) if reference else None
    timed = store.timed(candidate)
    in_turn = _in_turn(timed, live)
    if statistics > 1 and isinstance(timed, LatencyInfo):
        in_turn = store.in_turn(candidate, live)
    perturbed = _perturbed(store, candidate, own)
    asked = needs(policy)
    tried = {
        need.run: store.tried(candidate, need.run) for need in asked if isinstance(need, Tried)
    }
    against = [one for one in (live, reference) if one is not None]
    looked = looks.at(
        context,
        policy,
        looks.Looked(candidate, tuple(against), (_digest(own), _digest(other))),
        before=before,
        statistics=statistics,
    )
    evidence = Evidence(
        version=candidate.name,
        snapshot=policy.evaluation,
        candidate=store.read(own),
        live_version=live.name if live else None,
        live=store.read(other) if other is not None else None,
        fixed_version=reference.name if reference else None,
        fixed=store.read(fixed) if fixed is not None else None,
        perturbed={kind: _read_all(store, found) for kind, found in perturbed.items()},
        latency_ms=timed.latency.samples_ms if isinstance(timed, LatencyInfo) else timed,
        live_latency_ms=in_turn.latency.live_ms if in_turn else (),
        in_turn_ms=in_turn.latency.samples_ms if in_turn else (),
        in_turn_rows=in_turn.latency.rows if in_turn else 0,
        round_calls=in_turn.latency.round_calls if in_turn else 0,
        latency_rows=timed.latency.rows if isinstance(timed, LatencyInfo) else 0,
        latency_number=store.times_timed(candidate),
        own={run: _result(found) for run, found in tried.items() if found is not None},
        looks={(look.metric, look.by): look.number for look in looked if look.number},
        seen=max(look.seen for look in looked),
        reuse=policy.reuse,
        statistics=statistics,
        facts=gate_facts.gather(context, info, candidate, now=now, before=before),
        files=_files(context, candidate),
        gaps=candidate.gaps,
        waiver=waiver,
        bootstrap=policy.bootstrap,
    )
    sources = (own, other, fixed, timed, in_turn, *_flat(perturbed.values()), *tried.values())
    used = tuple(dict.fromkeys(digest for s in sources if (digest := _digest(s))))
    return Gathered(evidence=evidence, used=used, looks=looked)


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
    asked, label = store.policy.evaluation, store.label
    return own[0], not_scored_alike(candidate.name, live.name, asked, label=label)


def _reference(context: Context, info: PolicyInfo) -> Version | None:
    """Read the version that the policy pins as its reference."""
    digest = info.policy.reference
    return version.by_digest(context, info.model, digest) if digest else None


def _scored_by(store: _Store, own: Scored, reference: Version) -> Scored:
    """Choose the reference's newest evaluation by the scorer of the candidate's."""
    found = store.scored(reference)
    if isinstance(found, Problem) or isinstance(own, Problem):
        return found if isinstance(found, Problem) else found[0]
    alike = [i for i in found if i.evaluation.scorer == own.evaluation.scorer]
    if alike:
        return alike[0]
    return wrong_scorer(reference.name, store.policy.evaluation, scorer=own.evaluation.scorer)


def _perturbed(
    store: _Store, candidate: Version, own: Scored
) -> dict[Perturbation, tuple[EvaluationInfo, ...] | Problem]:
    """Choose what was predicted under each perturbation that the policy needs."""
    asked = needs(store.policy)
    kinds = [need.perturbation for need in asked if isinstance(need, Perturbed)]
    if isinstance(own, Problem):
        return dict.fromkeys(kinds, own)
    return {
        kind: _other_seeds(store, candidate, own, many=int(kind.amount))
        if kind.kind == "seed"
        else _disturbed(store, candidate, own, kind=kind)
        for kind in kinds
    }


def _disturbed(
    store: _Store, candidate: Version, own: EvaluationInfo, *, kind: Perturbation
) -> tuple[EvaluationInfo, ...] | Problem:
    scorer = store.scorer(own.evaluation.scorer)
    wanted = digest_of(replace(scorer, perturbation=kind))
    found = [
        info
        for info in store.evaluations(candidate, own.evaluation.snapshot)
        if info.evaluation.scorer == wanted
    ]
    again = f"cairn gate check {to_type(candidate.name, store.label)}"
    what = f"the evaluation of {candidate.name} under {kind.kind}"
    kept = store.accepted(found, what, again=again)
    if isinstance(kept, Problem):
        return kept
    if kept:
        return kept[:1]
    return Problem(
        code="not-perturbed",
        reason=f"{candidate.name} was never evaluated under {kind.kind} of {kind.amount:g}",
        fix=again,
    )


def _other_seeds(
    store: _Store, candidate: Version, own: EvaluationInfo, *, many: int
) -> tuple[EvaluationInfo, ...] | Problem:
    """Evaluations, by the same scorer, of versions that differ in their seeds alone."""
    found: list[EvaluationInfo] = []
    for sibling in gate_facts.other_seeds(store.context, candidate, before=store.before):
        scored = store.scored(sibling)
        if not isinstance(scored, Problem):
            alike = (i for i in scored if i.evaluation.scorer == own.evaluation.scorer)
            found += list(alike)[:1]
        if len(found) >= many:
            return tuple(found)
    return Problem(
        code="too-few-seeds",
        reason=f"{len(found)} versions like {candidate.name} but for the seed were evaluated, "
        f"the policy asks for {many}",
        fix="train with other seeds (`cairn run`), and evaluate those versions on the same "
        "snapshot",
    )


def _in_turn(timed: LatencyInfo | Problem | None, live: Version | None) -> LatencyInfo | None:
    """The measurement, if it was taken in turn with the version that is live now."""
    artifacts = live.manifest.artifacts if live else None
    if not isinstance(timed, LatencyInfo) or artifacts is None:
        return None
    return timed if timed.latency.live == artifacts.tree else None


def _first(found: tuple[EvaluationInfo, ...] | Problem | None) -> Scored | None:
    return found[0] if isinstance(found, tuple) else found


def _read_all(
    store: _Store, found: tuple[EvaluationInfo, ...] | Problem
) -> tuple[Predictions, ...] | Problem:
    if isinstance(found, Problem):
        return found
    return tuple(
        decode(store.context.objects.get(info.evaluation.predictions)) for info in found
    )


def _result(found: ResultInfo | Problem) -> OwnResult | Problem:
    return found if isinstance(found, Problem) else found.result


def _flat(
    found: Iterable[tuple[EvaluationInfo, ...] | Problem],
) -> Iterable[EvaluationInfo]:
    return (info for one in found if not isinstance(one, Problem) for info in one)


def _digest(
    found: EvaluationInfo | LatencyInfo | ResultInfo | Problem | None,
) -> Digest | None:
    return None if found is None or isinstance(found, Problem) else found.digest


def _files(context: Context, version: Version) -> frozenset[str]:
    if version.manifest.artifacts is None:
        return frozenset()
    entries = tree_entries(context.objects, version.manifest.artifacts.tree)
    return frozenset(tree.escape(entry.path) for entry in entries)
