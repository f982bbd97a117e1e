"""From predictions to a recorded evaluation: bytes first, then one request that names them."""

from cairn.core.digest import Digest
from cairn.core.evaluation import Evaluation, EvaluationInfo, RecordEvaluation, Scorer
from cairn.engine import person
from cairn.registry import Registry
from cairn.stats.predictions import Predictions, encode
from cairn.stats.summary import summarise


def record_evaluation(
    registry: Registry,
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
    with registry.objects.batch() as batch:
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
    return registry.engine.send(
        RecordEvaluation(evaluation=digest, signed=person.vouch(digest))
    )
