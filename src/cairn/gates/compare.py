"""Two versions on the same rows, offline: where they agree, what flipped, who gains."""

from collections.abc import Iterator

from cairn.core.comparison import Comparison, Flipped, GroupDifference, MetricDifference
from cairn.core.errors import Invalid
from cairn.core.evaluation import EvaluationInfo, ListEvaluations, ListLooks, Task
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.gates.evaluation import configured_scorer, evaluate_with
from cairn.gates.models import Models, artifacts_of
from cairn.project import Project
from cairn.stats.agreement import Agreement, agreement, flips
from cairn.stats.align import Pair, align
from cairn.stats.estimate import Undefined
from cairn.stats.measure import compare as compare_metric
from cairn.stats.metrics import parse_metric, spelled
from cairn.stats.predictions import Predictions, decode
from cairn.stats.summary import metrics_of, rounded

CONFIDENCE = 0.95
EXAMPLES = 10
PREFERRED: dict[Task, str] = {"binary": "roc_auc"}
"""What groups are compared by unless told otherwise; else the first that is recorded."""


def compare(
    project: Project,
    candidate: Version,
    live: Version,
    *,
    on: str | None = None,
    metric: str | None = None,
    examples: int = EXAMPLES,
) -> Comparison:
    """Compare two versions on a snapshot; one that was not evaluated there is evaluated now.

    `on` is by default the snapshot that `cairn.toml` names for the model. `metric` is the one
    that groups are compared by, by default the first of those that the task is recorded with.
    """
    metric = spelled(metric) if metric is not None else None
    if metric is not None:
        parse_metric(metric)
    first, second = _evaluated(project, candidate, live, on=on)
    pair = align(_predictions(project, first), _predictions(project, second))
    agreed = agreement(pair)
    names = metrics_of(pair.ours)
    return Comparison(
        candidate=candidate.name,
        live=live.name,
        snapshot=first.evaluation.snapshot,
        scorer=first.evaluation.scorer,
        evaluations=(first.digest, second.digest),
        task=pair.task,
        rows=pair.rows,
        agreement=_rounded(agreed.rate),
        apart=_rounded(agreed.apart),
        gained=agreed.gained,
        lost=agreed.lost,
        metrics=tuple(_difference(name, pair) for name in names),
        groups=tuple(_groups(pair, metric or PREFERRED.get(pair.task, names[0]))),
        flipped=tuple(
            Flipped(id=flip.id, label=flip.label, candidate=flip.candidate, live=flip.live)
            for flip in flips(pair, limit=examples)
        ),
        looks=project.engine.send(
            ListLooks(
                model=candidate.model,
                version=candidate.digest,
                snapshot=first.evaluation.snapshot,
            )
        ),
    )


def _evaluated(
    project: Project, candidate: Version, live: Version, *, on: str | None
) -> tuple[EvaluationInfo, EvaluationInfo]:
    """Find, or make, evaluations of both by one scorer on one snapshot."""
    settings = project.settings.model(candidate.model).evaluation
    name = on or (settings.data if settings else None)
    snapshot = project.find_snapshot(name) if name else None
    stored = _stored_alike(project, candidate, live, snapshot=snapshot)
    if stored is not None:
        return stored
    if snapshot is None:
        raise Invalid(
            f"{candidate.name} and {live.name} were never evaluated alike; name a snapshot: "
            f"`cairn compare {candidate.name} {live.name} --on snap:NAME`"
        )
    scorer, models = configured_scorer(project, candidate, on=snapshot), Models(project)
    return (
        evaluate_with(models, candidate, snapshot=snapshot, scorer=scorer),
        evaluate_with(models, live, snapshot=snapshot, scorer=scorer),
    )


def _stored_alike(
    project: Project, candidate: Version, live: Version, *, snapshot: SnapshotInfo | None
) -> tuple[EvaluationInfo, EvaluationInfo] | None:
    """The newest evaluations on the same snapshot by the same scorer, if there are any."""
    digest = snapshot.digest if snapshot else None
    ours, theirs = (
        project.engine.send(
            ListEvaluations(artifacts=artifacts_of(version).tree, snapshot=digest)
        )
        for version in (candidate, live)
    )
    others = {(i.evaluation.snapshot, i.evaluation.scorer): i for i in reversed(theirs)}
    for info in ours:
        match = others.get((info.evaluation.snapshot, info.evaluation.scorer))
        if match is not None:
            return info, match
    return None


def _predictions(project: Project, info: EvaluationInfo) -> Predictions:
    return decode(project.objects.get(info.evaluation.predictions))


def _groups(pair: Pair, metric: str) -> Iterator[GroupDifference]:
    for grouping, column in sorted(pair.groups.items()):
        for group in column.levels:
            rows = pair.where(column.rows(group))
            agreed: Agreement = agreement(rows)
            yield GroupDifference(
                grouping=grouping,
                group=group,
                rows=rows.rows,
                agreement=_rounded(agreed.rate),
                apart=_rounded(agreed.apart),
                metric=_difference(metric, rows),
            )


def _rounded(value: float | None) -> float | None:
    return None if value is None else rounded(value)


def _difference(metric: str, pair: Pair) -> MetricDifference:
    found = compare_metric(metric, pair, alpha=round(1 - CONFIDENCE, 12))
    if isinstance(found, Undefined):
        return MetricDifference(metric=metric, rows=pair.rows, undefined=found.reason)
    lower, upper = found.lower, found.upper
    if found.better == "lower":
        lower, upper = -upper, -lower
    return MetricDifference(
        metric=metric,
        rows=found.rows,
        discordant=found.discordant,
        candidate=rounded(found.candidate),
        live=rounded(found.live),
        difference=rounded(found.difference),
        lower=rounded(lower),
        upper=rounded(upper),
        better=found.better,
    )
