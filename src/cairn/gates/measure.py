"""Measure beforehand whatever the policy of a label needs and nobody has stored yet.

What cannot be measured here is left out: the gate then refuses for want of evidence, on
record. That is so for a version without weights, for a model that could run code when it is
loaded, and where neither the policy nor `cairn.toml` says how to score.
"""

from contextlib import suppress

from msgspec.structs import replace

from cairn import identity
from cairn.core.approval import named
from cairn.core.check import (
    LatencyBudget,
    LatencyRatio,
    NonInferiority,
    NoSubgroupRegression,
    OwnCheck,
    Robustness,
    SafetyScan,
    Superiority,
)
from cairn.core.digest import Digest, digest_of
from cairn.core.errors import NotFound, Refused
from cairn.core.evaluation import ListEvaluations, ListLatencies, Scorer
from cairn.core.gate import GetPolicy, Policy, looked_through
from cairn.core.label import GetLabel
from cairn.core.name import LabelName
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.data.verdict import verdict_on
from cairn.gates.evaluation import evaluate_with
from cairn.gates.latency import measure_latency
from cairn.gates.latency_pair import measure_in_turn
from cairn.gates.models import Models
from cairn.gates.project_checks import already_run, run_own
from cairn.gates.scorer import scorer_of
from cairn.project import Project
from cairn.stats.checks.latency import judge_calls
from cairn.stats.checks.latency_ratio import decides

COMPARATIVE = (Superiority, NonInferiority, NoSubgroupRegression)


def measure(project: Project, version: Version, *, label: LabelName) -> None:
    """Evaluate the candidate and the live version, and time the candidate, where missing.

    Raises `Invalid` if the data do not fit the model, and `Corrupt` for damaged bytes.
    """
    try:
        policy = project.engine.send(GetPolicy(model=version.model, label=label)).policy
    except NotFound:
        return
    _judge(project, version, policy)
    snapshot = project.find_snapshot(policy.evaluation)
    own = [check for check in policy.checks if isinstance(check, OwnCheck)]
    for check in own if version.manifest.artifacts else ():
        if not already_run(project, version, check, on=snapshot):
            run_own(project, version, check, on=snapshot)
    scorer = _scorer(project, version, policy)
    if scorer is None:
        return
    key, models = _own_key(policy), Models(project)
    for compared in _compared(project, version, policy):
        _evaluate(models, compared, snapshot=snapshot, scorer=scorer, key=key)
    for disturbed in _disturbed(policy, scorer) if version.manifest.artifacts else ():
        _evaluate(models, version, snapshot=snapshot, scorer=disturbed, key=key)
    ratios = [check for check in policy.checks if isinstance(check, LatencyRatio)]
    live = _live(project, version, policy)
    if live is not None and any(_open(project, version, live, ratio) for ratio in ratios):
        with suppress(Refused):
            measure_in_turn(models, version, live, on=snapshot, scorer=scorer)
    budgets = [check for check in policy.checks if isinstance(check, LatencyBudget)]
    if any(_undecided(project, version, budget) for budget in budgets):
        with suppress(Refused):
            measure_latency(models, version, on=snapshot, scorer=scorer, budgets=budgets)


def _judge(project: Project, version: Version, policy: Policy) -> None:
    """Let this store judge the candidate's bytes itself, if the policy asks what they are."""
    artifacts = version.manifest.artifacts
    if artifacts is not None and any(isinstance(c, SafetyScan) for c in policy.checks):
        verdict_on(project, artifacts.tree)


def _scorer(project: Project, version: Version, policy: Policy) -> Scorer | None:
    if policy.scorer is not None:
        return project.objects.get_record(policy.scorer, Scorer)
    settings = project.settings.model(version.model).evaluation
    return scorer_of(project, settings) if settings else None


def _compared(project: Project, version: Version, policy: Policy) -> list[Version]:
    """The versions whose predictions the policy's checks read, those with weights."""
    asked: list[Version] = []
    if any(looked_through(check) for check in policy.checks):
        asked.append(version)
    live = _live(project, version, policy)
    if live is not None and any(isinstance(check, COMPARATIVE) for check in policy.checks):
        asked.append(live)
    if policy.reference is not None:
        asked.append(project.version(policy.reference))
    return [found for found in asked if found.manifest.artifacts is not None]


def _live(project: Project, version: Version, policy: Policy) -> Version | None:
    """The version that the candidate is compared with, if there is one."""
    label = policy.against.removeprefix("@")
    held = project.engine.send(GetLabel(model=version.model, label=label))
    return project.version(f"{version.model}:{held.number}") if held else None


def _open(project: Project, version: Version, live: Version, ratio: LatencyRatio) -> bool:
    """Whether no measurement in turn decides: there is none, or the newest is inconclusive."""
    ours, theirs = version.manifest.artifacts, live.manifest.artifacts
    if ours is None or theirs is None:
        return False
    found = project.engine.send(ListLatencies(artifacts=ours.tree))
    newest = next((i.latency for i in found if i.latency.live == theirs.tree), None)
    if newest is None:
        return True
    return not decides(
        ratio,
        (newest.samples_ms, newest.live_ms),
        calls=newest.round_calls,
        rows=newest.rows,
        measurement=len(found),
    )


def _disturbed(policy: Policy, scorer: Scorer) -> list[Scorer]:
    """The same scorer on perturbed inputs, for each check that asks for that."""
    kinds = [c.perturbation for c in policy.checks if isinstance(c, Robustness)]
    return [replace(scorer, perturbation=kind) for kind in kinds if kind.kind != "seed"]


def _own_key(policy: Policy) -> str:
    """The key whose signature must be on the evidence: one's own, if the policy names one."""
    who = replace(identity.os_user(), key=identity.public())
    return who.key if any(named(one, who) for one in policy.measurers) else ""


def _evaluate(
    models: Models, version: Version, *, snapshot: SnapshotInfo, scorer: Scorer, key: str
) -> None:
    if digest_of(scorer) not in _scorers(models.project, version, snapshot.digest, key=key):
        with suppress(Refused):
            evaluate_with(models, version, snapshot=snapshot, scorer=scorer)


def _scorers(project: Project, version: Version, snapshot: Digest, *, key: str) -> set[Digest]:
    """Which scorers a version was evaluated by on a snapshot, signed by `key` if given."""
    artifacts = version.manifest.artifacts
    if artifacts is None:
        return set()
    found = project.engine.send(ListEvaluations(artifacts=artifacts.tree, snapshot=snapshot))
    return {info.evaluation.scorer for info in found if not key or key in info.signed_by}


def _undecided(project: Project, version: Version, budget: LatencyBudget) -> bool:
    """Whether no stored measurement decides: there is none, or the newest is inconclusive."""
    artifacts = version.manifest.artifacts
    if artifacts is None:
        return False
    found = project.engine.send(ListLatencies(artifacts=artifacts.tree))
    if not found:
        return True
    newest = found[0].latency
    judged = judge_calls(budget, newest.samples_ms, rows=newest.rows, measurement=len(found))
    # As many rows as there are were called, if the measurement says how many: no others will.
    return judged.outcome == "inconclusive" and not (
        newest.rows and judged.code == "too-few-rows"
    )
