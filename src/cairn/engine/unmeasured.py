"""Find what a candidate's judgement needs and nobody has stored yet; nothing is written."""

from dataclasses import dataclass

from msgspec.structs import replace

from cairn.core.approval import named
from cairn.core.check import LatencyBudget, LatencyRatio
from cairn.core.digest import Digest, digest_of
from cairn.core.evaluation import LatencyInfo, ResultInfo, Scorer
from cairn.core.gate import FindUnmeasured, Policy, Unmeasured
from cairn.core.need import (
    Need,
    Perturbed,
    Predicted,
    Recorded,
    Scanned,
    Timed,
    Tried,
    Whose,
    needs,
)
from cairn.core.version import Version
from cairn.engine import evaluation, label_moves, policies, version
from cairn.engine.context import Context


def find(context: Context, asked: FindUnmeasured) -> Unmeasured:
    """Answer `FindUnmeasured`."""
    held = label_moves.current(context, asked.model, asked.label)
    holds = held.after if held else None
    info = policies.bound(context, asked.model, asked.label)
    if info is None:
        return Unmeasured(held=holds)
    policy, against = info.policy, info.policy.against.removeprefix("@")
    if against != asked.label:
        held = label_moves.current(context, asked.model, against)
    pinned = policy.reference
    compared: dict[Whose, Version | None] = {
        "candidate": version.by_digest(context, asked.model, asked.version),
        "live": version.by_digest(context, asked.model, held.after) if held else None,
        "reference": version.by_digest(context, asked.model, pinned) if pinned else None,
    }
    scorer = policy.scorer
    stored = _Stored(
        context,
        policy,
        compared,
        scorer=context.objects.get_record(scorer, Scorer) if scorer else asked.scorer,
        key=_own(context, asked, policy),
    )
    return Unmeasured(
        held=holds,
        policy=info,
        live=compared["live"],
        reference=compared["reference"],
        needs=tuple(need for need in needs(policy) if stored.lacks(need)),
        results=tuple(stored.results()),
    )


def _own(context: Context, asked: FindUnmeasured, policy: Policy) -> str:
    """The key whose signature must be on the evidence: theirs, if the policy names them."""
    who = replace(context.actor, key=asked.key)
    return who.key if any(named(one, who) for one in policy.measurers) else ""


@dataclass(frozen=True)
class _Stored:
    """What is stored about a candidate and those that it is `compared` with."""

    context: Context
    policy: Policy
    compared: dict[Whose, Version | None]
    scorer: Scorer | None
    key: str

    def lacks(self, need: Need) -> bool:
        """Whether something is to be measured for a need; of what has no files, nothing is."""
        match need:
            case Predicted():
                return self._unscored(need.of, self.scorer)
            case Perturbed():
                kind = need.perturbation
                disturbed = replace(self.scorer, perturbation=kind) if self.scorer else None
                return kind.kind != "seed" and self._unscored("candidate", disturbed)
            case Timed():
                return self._undecided_in_turn() if need.in_turn else self._undecided()
            case Tried() | Scanned():
                return self._tree("candidate") is not None
            case Recorded():
                return False

    def results(self) -> list[ResultInfo]:
        """Read what is stored for the needs of what the policy has tried, newest first."""
        runs = {need.run for need in needs(self.policy) if isinstance(need, Tried)}
        tree = self._tree("candidate")
        if not runs or tree is None:
            return []
        return [
            info
            for info in evaluation.results_of(self.context, tree)
            if info.result.run in runs and info.result.snapshot == self.policy.evaluation
        ]

    def _tree(self, whose: Whose) -> Digest | None:
        found = self.compared[whose]
        return found.manifest.artifacts.tree if found and found.manifest.artifacts else None

    def _unscored(self, whose: Whose, scorer: Scorer | None) -> bool:
        """Whether a version has no evaluation by a scorer, or by any if none is known."""
        tree = self._tree(whose)
        if tree is None:
            return False
        found = evaluation.of(self.context, tree, snapshot=self.policy.evaluation)
        by = {i.evaluation.scorer for i in found if not self.key or self.key in i.signed_by}
        return digest_of(scorer) not in by if scorer else not by

    def _timed(self) -> tuple[LatencyInfo, ...]:
        tree = self._tree("candidate")
        return evaluation.latencies_of(self.context, tree) if tree else ()

    def _undecided(self) -> bool:
        """Whether no measurement decides a budget: there is none, or the newest does not."""
        from cairn.stats.checks.latency import judge_calls

        if self._tree("candidate") is None:
            return False
        found = self._timed()
        if not found:
            return True
        newest = found[0].latency
        judged = [
            judge_calls(check, newest.samples_ms, rows=newest.rows, measurement=len(found))
            for check in self.policy.checks
            if isinstance(check, LatencyBudget)
        ]
        # As many rows as there are were called, if the measurement says how many: no others
        # will.
        return any(
            one.outcome == "inconclusive" and not (newest.rows and one.code == "too-few-rows")
            for one in judged
        )

    def _undecided_in_turn(self) -> bool:
        """Whether no measurement in turn with the live version decides a ratio."""
        from cairn.stats.checks.latency_ratio import decides

        live = self._tree("live")
        if live is None or self._tree("candidate") is None:
            return False
        found = self._timed()
        newest = next((i.latency for i in found if i.latency.live == live), None)
        return newest is None or not all(
            decides(
                check,
                (newest.samples_ms, newest.live_ms),
                calls=newest.round_calls,
                rows=newest.rows,
                measurement=len(found),
            )
            for check in self.policy.checks
            if isinstance(check, LatencyRatio)
        )
