"""Who answers each request, with the permission that it takes."""

from collections.abc import Callable
from typing import Any, NamedTuple

from cairn.core.approval import Approve, GetApproval, ListApprovals, ListApprovers
from cairn.core.digest import Digest
from cairn.core.erasure import EraseObjects, ListErasable, ListErasures
from cairn.core.evaluation import (
    ListEvaluations,
    ListLatencies,
    ListLooks,
    ListResults,
    RecordEvaluation,
    RecordLatency,
    RecordResult,
)
from cairn.core.gate import (
    FindUnmeasured,
    GetDecision,
    GetPolicy,
    JudgeGate,
    ListDecisions,
    ListPolicies,
    ReplayDecision,
    SetPolicy,
)
from cairn.core.label import (
    GetLabel,
    LabelHistory,
    ListDrills,
    ListLabels,
    MoveLabel,
    RecordDrill,
    Rollback,
)
from cairn.core.ledger import GetCheckpoint, ProveEntry, ReadLedger, VerifyStore
from cairn.core.override import ListOverrides, ReviewOverride
from cairn.core.pin import CheckPin, GetPin
from cairn.core.remote import GetTrusted, TrustLedger
from cairn.core.reproduction import ListReproductions, RecordReproduction
from cairn.core.request import Request
from cairn.core.run import FinishRun, GetRun, ListRuns, StartRun
from cairn.core.snapshot import AddSnapshot, GetSnapshot, ListSnapshots
from cairn.core.sweep import FindMissing, ListKept, RecordSweep, WhyKept
from cairn.core.testimony import ListTestimonies, RecordTestimony
from cairn.core.verdict import GetVerdict, RecordVerdict
from cairn.core.version import (
    DeleteVersion,
    GetVersion,
    ListModels,
    ListVersions,
    MarkBad,
    RegisterVersion,
    ReleaseVersion,
)
from cairn.engine import (
    approval,
    approvers,
    decisions,
    deletion,
    erasure,
    evaluation,
    gate,
    label,
    ledger,
    looks,
    override,
    pin,
    remote,
    reproduction,
    resolve,
    run,
    snapshot,
    sweep,
    testimony,
    unmeasured,
    verdict,
    verify,
    version,
    version_search,
)
from cairn.engine.context import Context


class Handler(NamedTuple):
    """What answers a request, the permission it takes, and the weights that it relies on.

    `weights` is asked before the change begins; what it names is read whole by then.
    """

    answer: Callable[[Context, Any], Any]
    permission: str
    weights: Callable[[Context, Any], Digest | None] | None = None


HANDLERS: dict[type[Request[Any]], Handler] = {
    AddSnapshot: Handler(snapshot.add, "snapshot:add"),
    GetSnapshot: Handler(snapshot.get, "snapshot:read"),
    ListSnapshots: Handler(snapshot.every, "snapshot:read"),
    CheckPin: Handler(pin.check, "pin:check"),
    GetPin: Handler(pin.get, "pin:read"),
    TrustLedger: Handler(remote.trust, "remote:trust"),
    GetTrusted: Handler(remote.get, "remote:read"),
    RecordTestimony: Handler(testimony.record, "testimony:record"),
    ListTestimonies: Handler(testimony.every, "testimony:read"),
    StartRun: Handler(run.start, "run:record"),
    FinishRun: Handler(run.finish, "run:record"),
    GetRun: Handler(run.get, "run:read"),
    ListRuns: Handler(run.every, "run:read"),
    RecordReproduction: Handler(reproduction.record, "reproduction:record"),
    ListReproductions: Handler(reproduction.every, "reproduction:read"),
    RecordVerdict: Handler(verdict.record, "verdict:record"),
    GetVerdict: Handler(verdict.get, "verdict:read"),
    RegisterVersion: Handler(version.register, "version:register"),
    ReleaseVersion: Handler(version.release, "version:release"),
    MarkBad: Handler(version.mark_bad, "version:mark-bad"),
    DeleteVersion: Handler(deletion.delete, "version:delete"),
    GetVersion: Handler(resolve.get, "version:read"),
    ListVersions: Handler(version_search.every, "version:read"),
    ListModels: Handler(version_search.models, "version:read"),
    RecordEvaluation: Handler(evaluation.record, "evaluation:record"),
    ListEvaluations: Handler(evaluation.every, "evaluation:read"),
    ListLooks: Handler(looks.ahead, "gate:read"),
    RecordLatency: Handler(evaluation.record_latency, "evaluation:record"),
    ListLatencies: Handler(evaluation.latencies, "evaluation:read"),
    RecordResult: Handler(evaluation.record_result, "evaluation:record"),
    ListResults: Handler(evaluation.results, "evaluation:read"),
    SetPolicy: Handler(gate.bind, "gate:set"),
    GetPolicy: Handler(gate.policy, "gate:read"),
    ListPolicies: Handler(gate.every_policy, "gate:read"),
    FindUnmeasured: Handler(unmeasured.find, "gate:read"),
    JudgeGate: Handler(gate.check, "gate:judge"),
    GetDecision: Handler(decisions.get, "gate:read"),
    ListDecisions: Handler(decisions.every, "gate:read"),
    ReplayDecision: Handler(gate.replay, "gate:read"),
    Approve: Handler(approval.give, "approval:give"),
    GetApproval: Handler(approval.get, "approval:read"),
    ListApprovals: Handler(approval.every, "approval:read"),
    ListApprovers: Handler(approvers.every, "approval:read"),
    ReviewOverride: Handler(override.review, "override:review"),
    ListOverrides: Handler(override.every, "override:read"),
    MoveLabel: Handler(label.move, "label:move", label.weights_to_move),
    Rollback: Handler(label.rollback, "label:roll-back", label.weights_to_roll_back),
    RecordDrill: Handler(label.record_drill, "label:drill"),
    GetLabel: Handler(label.get, "label:read"),
    ListLabels: Handler(label.every, "label:read"),
    LabelHistory: Handler(label.history, "label:read"),
    ListDrills: Handler(label.drills, "label:read"),
    ListKept: Handler(sweep.every, "sweep:read"),
    WhyKept: Handler(sweep.why, "sweep:read"),
    FindMissing: Handler(sweep.missing, "sweep:read"),
    RecordSweep: Handler(sweep.record, "sweep:record"),
    EraseObjects: Handler(erasure.erase, "erasure:erase"),
    ListErasable: Handler(erasure.erasable, "erasure:read"),
    ListErasures: Handler(erasure.every, "erasure:read"),
    ReadLedger: Handler(ledger.find, "ledger:read"),
    GetCheckpoint: Handler(ledger.checkpoint, "ledger:read"),
    ProveEntry: Handler(ledger.prove, "ledger:read"),
    VerifyStore: Handler(verify.verify, "ledger:read"),
}
