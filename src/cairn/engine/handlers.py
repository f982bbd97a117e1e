"""Who answers each request, with the permission that it takes; a part for each noun.

A part is read when its noun is asked for: `cairn list` need not know how gates are judged.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cairn.core.digest import Digest
from cairn.core.request import Request
from cairn.engine.by_noun import ByNoun
from cairn.engine.context import Context


class Handler(NamedTuple):
    """What answers a request, the permission it takes, and the weights that it relies on.

    `weights` is asked before the change begins; what it names is read whole by then.
    """

    answer: Callable[[Context, Any], Any]
    permission: str
    weights: Callable[[Context, Any], Digest | None] | None = None


Part = Mapping[type[Request[Any]], Handler]


def _approval() -> Part:
    from cairn.core.approval import Approve, GetApproval, ListApprovals, ListApprovers
    from cairn.engine import approval, approvers

    return {
        Approve: Handler(approval.give, "approval:give"),
        GetApproval: Handler(approval.get, "approval:read"),
        ListApprovals: Handler(approval.every, "approval:read"),
        ListApprovers: Handler(approvers.every, "approval:read"),
    }


def _erasure() -> Part:
    from cairn.core.erasure import EraseObjects, ListErasable, ListErasures
    from cairn.engine import erasure

    return {
        EraseObjects: Handler(erasure.erase, "erasure:erase"),
        ListErasable: Handler(erasure.erasable, "erasure:read"),
        ListErasures: Handler(erasure.every, "erasure:read"),
    }


def _evaluation() -> Part:
    from cairn.core.evaluation import (
        ListEvaluations,
        ListLatencies,
        ListLooks,
        ListResults,
        RecordEvaluation,
        RecordLatency,
        RecordResult,
    )
    from cairn.engine import evaluation, looks

    return {
        RecordEvaluation: Handler(evaluation.record, "evaluation:record"),
        ListEvaluations: Handler(evaluation.every, "evaluation:read"),
        ListLooks: Handler(looks.ahead, "gate:read"),
        RecordLatency: Handler(evaluation.record_latency, "evaluation:record"),
        ListLatencies: Handler(evaluation.latencies, "evaluation:read"),
        RecordResult: Handler(evaluation.record_result, "evaluation:record"),
        ListResults: Handler(evaluation.results, "evaluation:read"),
    }


def _gate() -> Part:
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
    from cairn.engine import decisions, gate, unmeasured

    return {
        SetPolicy: Handler(gate.bind, "gate:set"),
        GetPolicy: Handler(gate.policy, "gate:read"),
        ListPolicies: Handler(gate.every_policy, "gate:read"),
        FindUnmeasured: Handler(unmeasured.find, "gate:read"),
        JudgeGate: Handler(gate.check, "gate:judge"),
        GetDecision: Handler(decisions.get, "gate:read"),
        ListDecisions: Handler(decisions.every, "gate:read"),
        ReplayDecision: Handler(gate.replay, "gate:read"),
    }


def _label() -> Part:
    from cairn.core.label import (
        GetLabel,
        LabelHistory,
        ListDrills,
        ListLabels,
        MoveLabel,
        RecordDrill,
        Rollback,
    )
    from cairn.engine import label

    return {
        MoveLabel: Handler(label.move, "label:move", label.weights_to_move),
        Rollback: Handler(label.rollback, "label:roll-back", label.weights_to_roll_back),
        RecordDrill: Handler(label.record_drill, "label:drill"),
        GetLabel: Handler(label.get, "label:read"),
        ListLabels: Handler(label.every, "label:read"),
        LabelHistory: Handler(label.history, "label:read"),
        ListDrills: Handler(label.drills, "label:read"),
    }


def _ledger() -> Part:
    from cairn.core.ledger import GetCheckpoint, ProveEntry, ReadLedger, VerifyStore
    from cairn.engine import ledger, verify

    return {
        ReadLedger: Handler(ledger.find, "ledger:read"),
        GetCheckpoint: Handler(ledger.checkpoint, "ledger:read"),
        ProveEntry: Handler(ledger.prove, "ledger:read"),
        VerifyStore: Handler(verify.verify, "ledger:read"),
    }


def _override() -> Part:
    from cairn.core.override import ListOverrides, ReviewOverride
    from cairn.engine import override

    return {
        ReviewOverride: Handler(override.review, "override:review"),
        ListOverrides: Handler(override.every, "override:read"),
    }


def _pin() -> Part:
    from cairn.core.pin import CheckPin, GetPin
    from cairn.engine import pin

    return {
        CheckPin: Handler(pin.check, "pin:check"),
        GetPin: Handler(pin.get, "pin:read"),
    }


def _remote() -> Part:
    from cairn.core.remote import GetTrusted, TrustLedger
    from cairn.engine import remote

    return {
        TrustLedger: Handler(remote.trust, "remote:trust"),
        GetTrusted: Handler(remote.get, "remote:read"),
    }


def _reproduction() -> Part:
    from cairn.core.reproduction import ListReproductions, RecordReproduction
    from cairn.engine import reproduction

    return {
        RecordReproduction: Handler(reproduction.record, "reproduction:record"),
        ListReproductions: Handler(reproduction.every, "reproduction:read"),
    }


def _run() -> Part:
    from cairn.core.run import FinishRun, GetRun, ListRuns, StartRun
    from cairn.engine import run

    return {
        StartRun: Handler(run.start, "run:record"),
        FinishRun: Handler(run.finish, "run:record"),
        GetRun: Handler(run.get, "run:read"),
        ListRuns: Handler(run.every, "run:read"),
    }


def _snapshot() -> Part:
    from cairn.core.snapshot import AddSnapshot, GetSnapshot, ListSnapshots
    from cairn.engine import snapshot

    return {
        AddSnapshot: Handler(snapshot.add, "snapshot:add"),
        GetSnapshot: Handler(snapshot.get, "snapshot:read"),
        ListSnapshots: Handler(snapshot.every, "snapshot:read"),
    }


def _sweep() -> Part:
    from cairn.core.sweep import FindMissing, ListKept, RecordSweep, WhyKept
    from cairn.engine import sweep

    return {
        ListKept: Handler(sweep.every, "sweep:read"),
        WhyKept: Handler(sweep.why, "sweep:read"),
        FindMissing: Handler(sweep.missing, "sweep:read"),
        RecordSweep: Handler(sweep.record, "sweep:record"),
    }


def _testimony() -> Part:
    from cairn.core.testimony import ListTestimonies, RecordTestimony
    from cairn.engine import testimony

    return {
        RecordTestimony: Handler(testimony.record, "testimony:record"),
        ListTestimonies: Handler(testimony.every, "testimony:read"),
    }


def _verdict() -> Part:
    from cairn.core.verdict import GetVerdict, RecordVerdict
    from cairn.engine import verdict

    return {
        RecordVerdict: Handler(verdict.record, "verdict:record"),
        GetVerdict: Handler(verdict.get, "verdict:read"),
    }


def _version() -> Part:
    from cairn.core.version import (
        DeleteVersion,
        GetVersion,
        ListModels,
        ListVersions,
        MarkBad,
        RegisterVersion,
        ReleaseVersion,
    )
    from cairn.engine import deletion, resolve, version, version_search

    return {
        RegisterVersion: Handler(version.register, "version:register"),
        ReleaseVersion: Handler(version.release, "version:release"),
        MarkBad: Handler(version.mark_bad, "version:mark-bad"),
        DeleteVersion: Handler(deletion.delete, "version:delete"),
        GetVersion: Handler(resolve.get, "version:read"),
        ListVersions: Handler(version_search.every, "version:read"),
        ListModels: Handler(version_search.models, "version:read"),
    }


def _noun(kind: type[Request[Any]]) -> str:
    """Name the noun of a request: the module of the core that has it."""
    return kind.__module__.rpartition(".")[2]


HANDLERS = ByNoun(
    _noun,
    {
        "approval": _approval,
        "erasure": _erasure,
        "evaluation": _evaluation,
        "gate": _gate,
        "label": _label,
        "ledger": _ledger,
        "override": _override,
        "pin": _pin,
        "remote": _remote,
        "reproduction": _reproduction,
        "run": _run,
        "snapshot": _snapshot,
        "sweep": _sweep,
        "testimony": _testimony,
        "verdict": _verdict,
        "version": _version,
    },
)
