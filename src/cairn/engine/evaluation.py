"""Record and read what models predicted and how long they took."""

from cairn.core.digest import Digest
from cairn.core.errors import Invalid
from cairn.core.evaluation import (
    Evaluation,
    EvaluationInfo,
    Latency,
    LatencyInfo,
    ListEvaluations,
    ListLatencies,
    RecordEvaluation,
    RecordLatency,
)
from cairn.core.ledger import Entry
from cairn.engine import ledger
from cairn.engine.context import Context, Draft
from cairn.objects.closure import require, require_evaluation

RECORDED, TIMED = "evaluation.record", "latency.record"


def record(context: Context, asked: RecordEvaluation) -> Draft | EvaluationInfo:
    """Record an evaluation; the same one again is nothing new."""
    known = context.tx.one("evaluation_by_digest", digest=asked.evaluation)
    if known is not None:
        return _evaluation(context, known[0])
    evaluation = context.objects.get_record(asked.evaluation, Evaluation)
    require_evaluation(context.objects, evaluation)
    return Draft(
        action=RECORDED,
        subject=f"evaluation:{asked.evaluation}",
        after={"digest": asked.evaluation, "artifacts": evaluation.artifacts},
        evidence=(asked.evaluation, evaluation.predictions),
    )


def apply_recorded(context: Context, entry: Entry) -> None:
    """Write the view of an evaluation."""
    evaluation = context.objects.get_record(entry.after["digest"], Evaluation)
    context.tx.run(
        "evaluation_add",
        digest=entry.after["digest"],
        artifacts=evaluation.artifacts,
        snapshot=evaluation.snapshot,
        scorer=evaluation.scorer,
        seq=entry.seq,
    )


def answer_recorded(context: Context, entry: Entry) -> EvaluationInfo:
    """Answer whoever recorded the evaluation."""
    return _evaluation(context, entry.seq)


def every(context: Context, asked: ListEvaluations) -> tuple[EvaluationInfo, ...]:
    """Answer `ListEvaluations`."""
    return of(context, asked.artifacts, snapshot=asked.snapshot)


def of(
    context: Context, artifacts: Digest, *, snapshot: Digest | None, before: int | None = None
) -> tuple[EvaluationInfo, ...]:
    """Read evaluations of an artifact tree, newest first; those before a ledger entry."""
    rows = context.tx.all(
        "evaluation_list", artifacts=artifacts, snapshot=snapshot, before=before
    )
    return tuple(_evaluation(context, row[0]) for row in rows)


def record_latency(context: Context, asked: RecordLatency) -> Draft | LatencyInfo:
    """Record a latency measurement; the same one again is nothing new."""
    known = context.tx.one("latency_by_digest", digest=asked.latency)
    if known is not None:
        return _latency(context, known[0])
    latency = context.objects.get_record(asked.latency, Latency)
    require(context.objects, latency.artifacts, "the measured artifact tree")
    if not latency.samples_ms:
        raise Invalid("the latency measurement has no sample")
    return Draft(
        action=TIMED,
        subject=f"latency:{asked.latency}",
        after={"digest": asked.latency, "artifacts": latency.artifacts},
        evidence=(asked.latency,),
    )


def apply_timed(context: Context, entry: Entry) -> None:
    """Write the view of a latency measurement."""
    context.tx.run(
        "latency_add",
        digest=entry.after["digest"],
        artifacts=entry.after["artifacts"],
        seq=entry.seq,
    )


def answer_timed(context: Context, entry: Entry) -> LatencyInfo:
    """Answer whoever recorded the measurement."""
    return _latency(context, entry.seq)


def latencies(context: Context, asked: ListLatencies) -> tuple[LatencyInfo, ...]:
    """Answer `ListLatencies`."""
    return latencies_of(context, asked.artifacts)


def latencies_of(
    context: Context, artifacts: Digest, *, before: int | None = None
) -> tuple[LatencyInfo, ...]:
    """Read latency measurements, newest first; those before a ledger entry."""
    rows = context.tx.all("latency_list", artifacts=artifacts, before=before)
    return tuple(_latency(context, row[0]) for row in rows)


def _evaluation(context: Context, seq: int) -> EvaluationInfo:
    entry = ledger.read(context.tx, seq)
    ledger.agree(entry, RECORDED)
    digest = entry.after["digest"]
    return EvaluationInfo(
        digest=digest,
        evaluation=context.objects.get_record(digest, Evaluation),
        recorded_by=entry.actor.id,
        recorded_at=entry.time,
    )


def _latency(context: Context, seq: int) -> LatencyInfo:
    entry = ledger.read(context.tx, seq)
    ledger.agree(entry, TIMED)
    digest = entry.after["digest"]
    return LatencyInfo(
        digest=digest,
        latency=context.objects.get_record(digest, Latency),
        recorded_by=entry.actor.id,
        recorded_at=entry.time,
    )
