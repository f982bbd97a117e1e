"""What each kind of ledger entry does; replaying the ledger needs nothing else."""

from collections.abc import Mapping

from cairn.engine.by_noun import ByNoun
from cairn.engine.context import Action

Part = Mapping[str, Action]


def _approval() -> Part:
    from cairn.engine import approval, approval_case, override

    return {
        approval_case.ASKED: Action(approval.apply_asked, approval.answer_asked),
        approval_case.GIVEN: Action(approval.apply_given, approval.answer_given),
        override.REVIEWED: Action(override.apply_reviewed, override.answer_reviewed),
    }


def _evaluation() -> Part:
    from cairn.engine import evaluation

    return {
        evaluation.RECORDED: Action(evaluation.apply_recorded, evaluation.answer_recorded),
    }


def _evidence() -> Part:
    from cairn.engine import evaluation

    return {
        evaluation.VOUCHED: Action(evaluation.apply_vouched, evaluation.answer_vouched),
    }


def _gate() -> Part:
    from cairn.engine import decisions, gate, policies

    return {
        policies.BOUND: Action(policies.apply, policies.answer),
        gate.JUDGED: Action(decisions.apply, decisions.answer),
    }


def _label() -> Part:
    from cairn.engine import decisions, gate, label

    return {
        gate.REFUSED: Action(decisions.apply, gate.answer_refused),
        label.MOVED: Action(label.apply_moved, label.answer_moved),
        label.OVERRIDDEN: Action(label.apply_moved, label.answer_moved),
        label.ROLLED_BACK: Action(label.apply_moved, label.answer_moved),
        label.DRILLED: Action(label.apply_drilled, label.answer_drilled),
    }


def _latency() -> Part:
    from cairn.engine import evaluation

    return {
        evaluation.TIMED: Action(evaluation.apply_timed, evaluation.answer_timed),
    }


def _ledger() -> Part:
    from cairn.core.continuation import CONTINUED
    from cairn.engine import continuation

    return {
        CONTINUED: Action(continuation.apply, continuation.answer),
    }


def _objects() -> Part:
    from cairn.engine import erased, erasure, sweep

    return {
        erased.ERASED: Action(erasure.apply_erased, erasure.answer_erased),
        sweep.SWEPT: Action(sweep.apply_swept, sweep.answer_swept),
    }


def _pin() -> Part:
    from cairn.engine import pin

    return {
        pin.CHECKED: Action(pin.apply_checked, pin.answer_checked),
    }


def _remote() -> Part:
    from cairn.engine import remote

    return {
        remote.TRUSTED: Action(remote.apply_trusted, remote.answer_trusted),
    }


def _reproduction() -> Part:
    from cairn.core.reproduction import RECORDED
    from cairn.engine import reproduction

    return {
        RECORDED: Action(reproduction.apply_recorded, reproduction.answer_recorded),
    }


def _result() -> Part:
    from cairn.engine import evaluation

    return {
        evaluation.TRIED: Action(evaluation.apply_tried, evaluation.answer_tried),
    }


def _run() -> Part:
    from cairn.engine import run

    return {
        run.STARTED: Action(run.apply_started, run.answer),
        run.FINISHED: Action(run.apply_finished, run.answer),
    }


def _snapshot() -> Part:
    from cairn.engine import snapshot

    return {
        snapshot.ADDED: Action(snapshot.apply_added, snapshot.answer_added),
    }


def _testimony() -> Part:
    from cairn.engine import testimony

    return {
        testimony.RECORDED: Action(testimony.apply_recorded, testimony.answer_recorded),
    }


def _verdict() -> Part:
    from cairn.engine import verdict

    return {
        verdict.RECORDED: Action(verdict.apply_recorded, verdict.answer_recorded),
    }


def _version() -> Part:
    from cairn.engine import deletion, version

    return {
        version.REGISTERED: Action(version.apply_registered, version.answer),
        version.REMADE: Action(version.apply_remade, version.answer),
        version.RELEASED: Action(version.apply_released, version.answer),
        version.MARKED: Action(version.apply_marked, version.answer),
        version.DELETED: Action(deletion.apply_deleted, version.answer),
    }


def _noun(action: str) -> str:
    return action.partition(".")[0]


ACTIONS = ByNoun(
    _noun,
    {
        "approval": _approval,
        "evaluation": _evaluation,
        "evidence": _evidence,
        "gate": _gate,
        "label": _label,
        "latency": _latency,
        "ledger": _ledger,
        "objects": _objects,
        "pin": _pin,
        "remote": _remote,
        "reproduction": _reproduction,
        "result": _result,
        "run": _run,
        "snapshot": _snapshot,
        "testimony": _testimony,
        "verdict": _verdict,
        "version": _version,
    },
)
