"""What keeps rows from being judged: each fault has its own code, and none is ever a pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cairn.stats.scored import Flags, Floats, Grouping, Predictions, fault_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why rows cannot be judged: a stable code, and a sentence with numbers."""

    code: str
    reason: str


def row_fault(predictions: Predictions) -> Fault | None:
    """Say what is wrong with one model's rows by themselves."""
    if not predictions.ids:
        return Fault(code="no-rows", reason="there are no rows")
    if len(set(predictions.ids)) < len(predictions.ids):
        return Fault(code="duplicate-id", reason="an id occurs more than once")
    for name, column in predictions.numbers():
        if wrong := int((~np.isfinite(column)).sum()):
            return Fault(
                code="not-finite",
                reason=f"{wrong} of {column.size} rows have a {name} that is NaN or infinite",
            )
    if fault := fault_of(predictions):
        return Fault(code="not-canonical", reason=fault)
    return label_fault(predictions)


def label_fault(predictions: Predictions) -> Fault | None:
    """Find labels that the task cannot have: a third value, a class nobody knows."""
    label, task = predictions.label, predictions.task
    if task == "binary":
        wrong, what = (label != 0) & (label != 1), "neither 0 nor 1"
    elif task == "multiclass":
        known = (label >= 0) & (label < len(predictions.classes)) & (label == np.floor(label))
        wrong, what = ~known, f"none of {len(predictions.classes)} classes"
    elif task == "ranking":
        wrong, what = label < 0, "below 0"
    else:
        return None
    if not wrong.any():
        return None
    first = int(wrong.argmax())
    return Fault(
        code="label-outside",
        reason=f"{int(wrong.sum())} of {label.size} labels are {what}, first "
        f"{label[first]:g} of row {predictions.ids[first]!r}",
    )


def misfit(candidate: Predictions, live: Predictions) -> Fault | None:
    """Say what keeps two models' rows from being put side by side."""
    return next(_misfits(candidate, live), None)


def _misfits(candidate: Predictions, live: Predictions) -> Iterator[Fault]:
    if (candidate.task, candidate.classes) != (live.task, live.classes):
        reason = f"candidate and live model have other tasks or classes: {candidate.task} "
        reason += f"of {len(candidate.classes)}, {live.task} of {len(live.classes)}"
        yield Fault(code="task-differs", reason=reason)
    if candidate.ids != live.ids:
        yield Fault(code="rows-differ", reason=_other_ids(candidate, live))
        return  # what follows compares row by row
    if fault := label_fault(candidate) or label_fault(live):
        yield fault
    wrong = candidate.label != live.label
    if wrong.any():
        yield Fault(code="labels-differ", reason=_other_labels(candidate, live, wrong))
    if not _equal_weights(candidate.weight, live.weight):
        reason = "candidate and live model have other weights for the same rows"
        yield Fault(code="weights-differ", reason=reason)
    yield from _other_groups(candidate, live)


def _other_ids(candidate: Predictions, live: Predictions) -> str:
    ours, theirs = set(candidate.ids), set(live.ids)
    return "candidate and live model were not evaluated on the same rows: " + "; ".join(
        f"{len(extra)} only in the {name}'s, first {min(extra)!r}"
        for name, extra in (("candidate", ours - theirs), ("live model", theirs - ours))
        if extra
    )


def _other_labels(candidate: Predictions, live: Predictions, wrong: Flags) -> str:
    first = int(wrong.argmax())
    return (
        f"candidate and live model disagree on {int(wrong.sum())} of {wrong.size} labels, "
        f"first row {candidate.ids[first]!r}: {candidate.label[first]:g} against "
        f"{live.label[first]:g}"
    )


def _equal_weights(ours: Floats | None, theirs: Floats | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return np.array_equal(ours, theirs)


def _other_groups(candidate: Predictions, live: Predictions) -> Iterator[Fault]:
    if candidate.groups.keys() != live.groups.keys():
        reason = f"candidate has groups {sorted(candidate.groups)}, live model "
        reason += f"{sorted(live.groups)}: evaluate both with the same groups"
        yield Fault(code="groups-differ", reason=reason)
        return
    if (candidate.unit is None) != (live.unit is None):
        reason = "only one of candidate and live model says which rows belong together"
        yield Fault(code="units-differ", reason=reason)
        return
    named = [(f"group {name!r}", g, live.groups[name]) for name, g in candidate.groups.items()]
    if candidate.unit is not None and live.unit is not None:
        named.append(("the unit", candidate.unit, live.unit))
    for name, grouping, other in named:
        if fault := _other_grouping(name, grouping, other=other, ids=candidate.ids):
            yield fault


def _other_grouping(
    name: str, grouping: Grouping, *, other: Grouping, ids: Sequence[str]
) -> Fault | None:
    if grouping.levels == other.levels and np.array_equal(grouping.codes, other.codes):
        return None
    ours, theirs = grouping.values(), other.values()
    wrong = [row for row, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b]
    if not wrong:
        return None
    first = wrong[0]
    return Fault(
        code="units-differ" if name == "the unit" else "groups-differ",
        reason=f"candidate and live model disagree on {name} in {len(wrong)} of "
        f"{len(ours)} rows, first row {ids[first]!r}: {ours[first]!r} against "
        f"{theirs[first]!r}",
    )
