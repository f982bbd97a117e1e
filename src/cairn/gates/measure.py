"""Measure beforehand whatever the policy of a label needs and nobody has stored yet.

What cannot be measured here is left out: the gate then refuses for want of evidence, on
record. That is so for a version without weights, for a model that could run code when it is
loaded, and where neither the policy nor `cairn.toml` says how to score.
"""

from contextlib import suppress

from msgspec.structs import replace

from cairn.core.check import LatencyBudget, OwnCheck
from cairn.core.errors import Refused
from cairn.core.evaluation import Scorer
from cairn.core.gate import Policy, Unmeasured
from cairn.core.need import Perturbed, Predicted, Scanned, Timed
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.data.verdict import is_of_today, verdict_on
from cairn.gates.evaluation import evaluate_with
from cairn.gates.lacking import lacking
from cairn.gates.latency import measure_latency
from cairn.gates.latency_pair import measure_in_turn
from cairn.gates.models import Models
from cairn.gates.project_checks import already_run, run_own
from cairn.gates.scorer import scorer_of
from cairn.project import Project


def measure(project: Project, version: Version, found: Unmeasured) -> None:
    """Evaluate the candidate and the live version, and time the candidate, where missing.

    Raises `Invalid` if the data do not fit the model, and `Corrupt` for damaged bytes.
    """
    if found.policy is None:
        return
    policy, artifacts = found.policy.policy, version.manifest.artifacts
    if Scanned() in found.needs and artifacts and not is_of_today(version.verdict):
        verdict_on(project, artifacts.tree)
    own = [check for check in policy.checks if isinstance(check, OwnCheck)]
    for check in own if artifacts else ():
        if not already_run(project, check, found.results):
            run_own(project, version, check, on=project.find_snapshot(policy.evaluation))
    scorer = _scorer(project, version, policy)
    if scorer is None:
        return
    if policy.scorer is None:
        found = lacking(project, version, label=found.policy.label, scorer=scorer)
    if any(isinstance(need, Predicted | Perturbed | Timed) for need in found.needs):
        snapshot = project.find_snapshot(policy.evaluation)
        models = Models(project)
        _score(models, version, found, on=snapshot, scorer=scorer)
        _time(models, version, found, on=snapshot, scorer=scorer)


def _scorer(project: Project, version: Version, policy: Policy) -> Scorer | None:
    if policy.scorer is not None:
        return project.objects.get_record(policy.scorer, Scorer)
    settings = project.settings.model(version.model).evaluation
    return scorer_of(project, settings) if settings else None


def _score(
    models: Models, version: Version, found: Unmeasured, *, on: SnapshotInfo, scorer: Scorer
) -> None:
    """Evaluate whom predictions are missing of, and the candidate on perturbed inputs."""
    whose = {need.of for need in found.needs if isinstance(need, Predicted)}
    compared = {"candidate": version, "live": found.live, "reference": found.reference}
    pairs = [(one, scorer) for name, one in compared.items() if name in whose]
    pairs += [
        (version, replace(scorer, perturbation=need.perturbation))
        for need in found.needs
        if isinstance(need, Perturbed)
    ]
    for scored, way in pairs:
        if scored is not None:
            with suppress(Refused):
                evaluate_with(models, scored, snapshot=on, scorer=way)


def _time(
    models: Models, version: Version, found: Unmeasured, *, on: SnapshotInfo, scorer: Scorer
) -> None:
    """Time single calls of the candidate, alone and in turn with the live version."""
    if Timed(in_turn=True) in found.needs and found.live is not None:
        with suppress(Refused):
            measure_in_turn(models, version, found.live, on=on, scorer=scorer)
    if Timed() in found.needs:
        checks = found.policy.policy.checks if found.policy else ()
        budgets = [check for check in checks if isinstance(check, LatencyBudget)]
        with suppress(Refused):
            measure_latency(models, version, on=on, scorer=scorer, budgets=budgets)
