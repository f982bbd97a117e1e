"""Score a version on a snapshot as `cairn.toml` says, and record the predictions."""

from cairn.core.errors import Erased, Invalid, NotFound
from cairn.core.evaluation import EvaluationInfo, Scorer
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.data.erasure import left_of
from cairn.data.evaluation import record_evaluation
from cairn.data.read_table import read_table
from cairn.gates.models import Models, artifacts_of
from cairn.gates.rows import predict
from cairn.gates.scorer import metrics_with, score_with, scorer_of
from cairn.project import Project


def evaluate(
    project: Project, version: Version, *, on: str, trust: bool = False
) -> EvaluationInfo:
    """Score `version` on the snapshot `on`; the same again gives the same digest.

    Raises `Invalid` if `cairn.toml` does not say how or the data do not fit, and `Refused`
    for a model that could run code when it is loaded, unless `trust` asks for that; then the
    evaluation says so.
    """
    snapshot = project.find_snapshot(on)
    scorer = configured_scorer(project, version, on=snapshot)
    return evaluate_with(
        Models(project), version, snapshot=snapshot, scorer=scorer, trust=trust
    )


def evaluate_with(
    models: Models,
    version: Version,
    *,
    snapshot: SnapshotInfo,
    scorer: Scorer,
    trust: bool = False,
) -> EvaluationInfo:
    """Score `version` by a scorer that is known already, such as the one a policy pins."""
    project, artifacts = models.project, artifacts_of(version)
    model = models.load(version, trust=trust)
    try:
        table = read_table(project, snapshot, file=scorer.data)
        predictions = predict(
            model,
            table,
            scorer=scorer,
            score=score_with(scorer, project),
            metrics=metrics_with(scorer, project),
        )
        return record_evaluation(
            project,
            artifacts=artifacts.tree,
            snapshot=snapshot.digest,
            scorer=scorer,
            predictions=predictions,
            trusted=trust and version.safety != "safe",
        )
    except Erased as error:
        left, model = left_of(project, snapshot.digest), version.name.rpartition(":")[0]
        follows = f"; what is left of it is {left}" if left else ""
        raise Erased(
            f"{version.name} cannot be evaluated: {error}{follows}; a policy is bound to "
            f"other data by `cairn gate set {model}@LABEL FILE`"
        ) from error
    except (Invalid, NotFound) as error:
        name = f"{version.name} on {snapshot.name or snapshot.digest[:19]}"
        raise type(error)(f"{name} cannot be evaluated: {error}") from error


def configured_scorer(
    project: Project, version: Version, *, on: SnapshotInfo | None = None
) -> Scorer:
    """Read how `cairn.toml` scores the model; raises `Invalid` with what to write there.

    `on` is what the model is about to be scored on.
    """
    settings = project.settings.model(version.model).evaluation
    if settings is None:
        short = version.name.rpartition(":")[0]
        raise Invalid(
            f"cairn.toml does not say how to score {short}: write\n"
            f'[model."{short}".evaluation]\ndata = "snap:test"\nlabel = "..."'
        )
    return scorer_of(project, settings, on=on)
