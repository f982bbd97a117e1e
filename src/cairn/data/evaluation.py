"""From predictions to a recorded evaluation: bytes first, then one request that names them."""

from cairn import identity
from cairn.config import EvaluationSettings
from cairn.core.digest import Digest
from cairn.core.evaluation import Evaluation, EvaluationInfo, RecordEvaluation, Scorer
from cairn.engine.ids import hasher
from cairn.project import Project
from cairn.stats.predictions import encode
from cairn.stats.scored import Predictions, renamed
from cairn.stats.summary import summarise


def ids_key(project: Project, settings: EvaluationSettings | None) -> str:
    """Name the key that ids are hashed with, if the settings want that."""
    wanted = settings is not None and settings.hash_ids
    return hasher(project.settings.store).name if wanted else ""


def record_evaluation(
    project: Project,
    *,
    artifacts: Digest,
    snapshot: Digest,
    scorer: Scorer,
    predictions: Predictions,
    trusted: bool = False,
) -> EvaluationInfo:
    """Store what a model said about a snapshot and record it; equal predictions, equal digest.

    Whoever measures signs for it. `artifacts` is the model's tree; `trusted` says that loading
    the model could run code. Raises `Invalid` for labels that the task cannot have.
    """
    metrics = summarise(predictions)
    if scorer.ids_key:
        predictions = renamed(predictions, hasher(project.settings.store, scorer.ids_key))
    with project.objects.batch() as batch:
        digest = batch.put_record(
            Evaluation(
                artifacts=artifacts,
                snapshot=snapshot,
                scorer=batch.put_record(scorer),
                predictions=batch.put(encode(predictions)),
                rows=len(predictions.ids),
                task=predictions.task,
                groups=tuple(sorted(predictions.groups)),
                metrics=metrics,
                trusted=trusted,
            )
        )
    return project.engine.send(
        RecordEvaluation(evaluation=digest, signed=identity.vouch(digest))
    )
