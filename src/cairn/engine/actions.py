"""What each kind of ledger entry does; replaying the ledger needs nothing else."""

from cairn.engine import evaluation, gate, label, pin, run, snapshot, sweep, version
from cairn.engine.context import Action

ACTIONS: dict[str, Action] = {
    sweep.SWEPT: Action(sweep.apply_swept, sweep.answer_swept),
    snapshot.ADDED: Action(snapshot.apply_added, snapshot.answer_added),
    pin.CHECKED: Action(pin.apply_checked, pin.answer_checked),
    run.STARTED: Action(run.apply_started, run.answer),
    run.FINISHED: Action(run.apply_finished, run.answer),
    version.REGISTERED: Action(version.apply_registered, version.answer),
    version.RELEASED: Action(version.apply_released, version.answer),
    version.MARKED: Action(version.apply_marked, version.answer),
    version.DELETED: Action(version.apply_deleted, version.answer),
    evaluation.RECORDED: Action(evaluation.apply_recorded, evaluation.answer_recorded),
    evaluation.TIMED: Action(evaluation.apply_timed, evaluation.answer_timed),
    gate.BOUND: Action(gate.apply_bound, gate.answer_bound),
    gate.JUDGED: Action(gate.apply_decided, gate.answer_decided),
    gate.REFUSED: Action(gate.apply_decided, gate.answer_refused),
    label.MOVED: Action(label.apply_moved, label.answer_moved),
    label.ROLLED_BACK: Action(label.apply_moved, label.answer_moved),
    label.DRILLED: Action(label.apply_drilled, label.answer_drilled),
}
