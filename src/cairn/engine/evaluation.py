"""Record and read evidence: what models predicted, how long they took, what checks said.

Whoever measured signs for it. The same evidence again is nothing new, unless another measurer
signs for it: then their signature is recorded beside the first.
"""

from typing import TypeVar

from cairn.core.digest import Digest
from cairn.core.errors import Invalid
from cairn.core.evaluation import (
    Evaluation,
    EvaluationInfo,
    Latency,
    LatencyInfo,
    ListEvaluations,
    ListLatencies,
    ListResults,
    Measured,
    OwnResult,
    RecordEvaluation,
    RecordLatency,
    RecordResult,
    ResultInfo,
)
from cairn.core.ledger import Actor, Entry, Signed
from cairn.engine import ledger, signed
from cairn.engine.context import Context, Draft
from cairn.objects.closure import require, require_evaluation

RECORDED, TIMED, TRIED, VOUCHED = (
    "evaluation.record",
    "latency.record",
    "result.record",
    "evidence.sign",
)

Info = TypeVar("Info", EvaluationInfo, LatencyInfo, ResultInfo)


def record(context: Context, asked: RecordEvaluation) -> Draft | EvaluationInfo:
    """Record an evaluation with everything that it names."""
    _require_signature(asked.evaluation, asked.signed)
    known = context.tx.one("evaluation_by_digest", digest=asked.evaluation)
    if known is not None:
        return _again(context, asked.evaluation, asked.signed, _evaluation(context, known[0]))
    evaluation = context.objects.get_record(asked.evaluation, Evaluation)
    require_evaluation(context.objects, evaluation)
    return Draft(
        action=RECORDED,
        subject=f"evaluation:{asked.evaluation}",
        after={
            "digest": asked.evaluation,
            "artifacts": evaluation.artifacts,
            **signed.fields(asked.signed),
        },
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
    apply_vouched(context, entry)


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
    """Record a latency measurement."""
    _require_signature(asked.latency, asked.signed)
    known = context.tx.one("latency_by_digest", digest=asked.latency)
    if known is not None:
        return _again(context, asked.latency, asked.signed, _latency(context, known[0]))
    latency = context.objects.get_record(asked.latency, Latency)
    require(context.objects, latency.artifacts, "the measured artifact tree")
    if not latency.samples_ms:
        raise Invalid("the latency measurement has no sample")
    return Draft(
        action=TIMED,
        subject=f"latency:{asked.latency}",
        after={
            "digest": asked.latency,
            "artifacts": latency.artifacts,
            **signed.fields(asked.signed),
        },
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
    apply_vouched(context, entry)


def answer_timed(context: Context, entry: Entry) -> LatencyInfo:
    """Answer whoever recorded the measurement."""
    return _latency(context, entry.seq)


def latencies(context: Context, asked: ListLatencies) -> tuple[LatencyInfo, ...]:
    """Answer `ListLatencies`."""
    return latencies_of(context, asked.artifacts)


def times_timed(context: Context, artifacts: Digest, *, before: int | None = None) -> int:
    """Count the latency measurements of an artifact tree."""
    return len(context.tx.all("latency_list", artifacts=artifacts, before=before))


def latencies_of(
    context: Context, artifacts: Digest, *, before: int | None = None
) -> tuple[LatencyInfo, ...]:
    """Read latency measurements, newest first; those before a ledger entry."""
    rows = context.tx.all("latency_list", artifacts=artifacts, before=before)
    return tuple(_latency(context, row[0]) for row in rows)


def record_result(context: Context, asked: RecordResult) -> Draft | ResultInfo:
    """Record what a check of the project's own said."""
    _require_signature(asked.result, asked.signed)
    known = context.tx.one("result_by_digest", digest=asked.result)
    if known is not None:
        return _again(context, asked.result, asked.signed, _result(context, known[0]))
    result = context.objects.get_record(asked.result, OwnResult)
    require(context.objects, result.artifacts, "the checked artifact tree")
    require(context.objects, result.source, "the source of the check")
    return Draft(
        action=TRIED,
        subject=f"result:{asked.result}",
        after={
            "digest": asked.result,
            "artifacts": result.artifacts,
            **signed.fields(asked.signed),
        },
        evidence=(asked.result, result.source),
    )


def apply_tried(context: Context, entry: Entry) -> None:
    """Write the view of a result."""
    context.tx.run(
        "result_add",
        digest=entry.after["digest"],
        artifacts=entry.after["artifacts"],
        seq=entry.seq,
    )
    apply_vouched(context, entry)


def answer_tried(context: Context, entry: Entry) -> ResultInfo:
    """Answer whoever recorded the result."""
    return _result(context, entry.seq)


def results(context: Context, asked: ListResults) -> tuple[ResultInfo, ...]:
    """Answer `ListResults`."""
    return results_of(context, asked.artifacts)


def results_of(
    context: Context, artifacts: Digest, *, before: int | None = None
) -> tuple[ResultInfo, ...]:
    """Read results of the project's own checks, newest first; those before a ledger entry."""
    rows = context.tx.all("result_list", artifacts=artifacts, before=before)
    return tuple(_result(context, row[0]) for row in rows)


def apply_vouched(context: Context, entry: Entry) -> None:
    """Write the view of a signature on evidence."""
    if "note" in entry.after:
        context.tx.run("measurer_add", seq=entry.seq, digest=entry.after["digest"])


def answer_vouched(
    context: Context, entry: Entry
) -> EvaluationInfo | LatencyInfo | ResultInfo:
    """Answer whoever signed for evidence that was recorded before."""
    digest = entry.after["digest"]
    if known := context.tx.one("evaluation_by_digest", digest=digest):
        return _evaluation(context, known[0])
    if known := context.tx.one("latency_by_digest", digest=digest):
        return _latency(context, known[0])
    (recorded,) = context.tx.all("result_by_digest", digest=digest)[0]
    return _result(context, recorded)


def measurers(
    context: Context, digest: Digest, *, before: int | None = None
) -> tuple[Actor, ...]:
    """Read who signed for a piece of evidence, every signature verified."""
    rows = context.tx.all("measurer_list", digest=digest, before=before)
    entries = [ledger.read(context.tx, row[0]) for row in rows]
    for entry in entries:
        ledger.agree(entry, entry.action, digest=digest)
    return tuple(signed.signer(entry) for entry in entries)


def _require_signature(digest: Digest, given: Signed | None) -> None:
    if given is not None:
        signed.require(Measured(evidence=digest), given)


def _again(
    context: Context, digest: Digest, given: Signed | None, known: Info
) -> Draft | Info:
    """Record another measurer's signature on what is known; the same one's is nothing new."""
    if given is None or any(who.key == given.key for who in measurers(context, digest)):
        return known
    return Draft(
        action=VOUCHED,
        subject=f"evidence:{digest}",
        after={"digest": digest, **signed.fields(given)},
        evidence=(digest,),
    )


def _evaluation(context: Context, seq: int) -> EvaluationInfo:
    entry = ledger.read(context.tx, seq)
    ledger.agree(entry, RECORDED)
    digest = entry.after["digest"]
    return EvaluationInfo(
        digest=digest,
        evaluation=context.objects.get_record(digest, Evaluation),
        recorded_by=entry.actor.id,
        recorded_at=entry.time,
        signed_by=tuple(who.key for who in measurers(context, digest)),
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


def _result(context: Context, seq: int) -> ResultInfo:
    entry = ledger.read(context.tx, seq)
    ledger.agree(entry, TRIED)
    digest = entry.after["digest"]
    return ResultInfo(
        digest=digest,
        result=context.objects.get_record(digest, OwnResult),
        recorded_by=entry.actor.id,
        recorded_at=entry.time,
    )
