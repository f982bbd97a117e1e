"""What a saved model was measured on: held-out rows, its predictions for them, the metrics.

1. The evaluation is the last held-out set that the script measured this very fitting of the
   model on. Metrics of it have their plain names: `roc_auc`.
2. Metrics of other sets keep them apart: `train/roc_auc`, `heldout-1/roc_auc` for held-out
   sets before the last, `cv/...` for cross-validation. Of one metric computed twice on the
   same set the last value counts.
3. A metric computed from what the model predicted goes before one computed from what was made
   of that, such as another threshold.
4. Metrics of other models, or of parts of a set, are left out, and a note says how many. One
   that comes from nobody's prediction is a gap, unless the model has that metric of its own.
5. A metric is called what gates call it: scikit-learn's `mean_absolute_error` is `mae`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from cairn.capture.events import Examples, Journal, Loaded, Metric, Saved
from cairn.capture.gaps import clipped_gap
from cairn.capture.models.decisions import of_classes
from cairn.capture.touched import moved_to, place_of
from cairn.core.digest import Digest
from cairn.core.errors import CairnError
from cairn.core.evaluation import EvaluationInfo, Scorer, Task
from cairn.core.run import Gap
from cairn.data.evaluation import record_evaluation
from cairn.flavors import read_frame
from cairn.flavors.frames.npy import read_array
from cairn.flavors.frames.plain_table import read_plain_table, values_of
from cairn.project import Project
from cairn.stats.metrics import spelled
from cairn.stats.predictions import Predictions
from cairn.stats.tabulate import tabulate

SCORES = ("predict_proba", "predict")
LEAK_SHARE = 0.05
MISSING = "(missing)"
_PLAIN, _TRAIN, _CROSS = "", "train/", "cv/"


@dataclass(frozen=True)
class Measured:
    """The metrics of one saved model, and the set that its evaluation is made of."""

    metrics: dict[str, float]
    heldout: Examples | None
    undefined: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


def measured(journal: Journal, saved: Saved) -> Measured:
    """Choose the metrics that speak about a saved model."""
    ours = _sets_of(journal, saved)
    heldout = [each for each in ours if each.role == "heldout"]
    used = [metric.examples for metric in journal.of(Metric)]
    last = max(heldout, key=lambda each: _last(used, each.number), default=None)
    prefixes = {each.number: _TRAIN for each in ours if each.role == "train"}
    others = [each for each in heldout if each is not last]
    prefixes |= {each.number: f"heldout-{at}/" for at, each in enumerate(others, start=1)}
    if last is not None:
        prefixes[last.number] = _PLAIN
    return _collect(journal.of(Metric), prefixes, last)


def record(
    project: Project,
    *,
    artifacts: Digest,
    snapshot: Digest,
    examples: Examples,
    room: Path,
    groups: Sequence[str],
    key: str,
) -> EvaluationInfo | Gap:
    """Record the predictions that the script made for a held-out set, or say why not."""
    if examples.task == "other":
        return _gap(
            "the labels are neither classes of the model nor numbers of a regression, so its "
            "predictions are not stored",
            "evaluate it: `cairn evaluate VERSION --on SNAPSHOT`",
        )
    if examples.task == "large":
        return _gap(
            f"{examples.rows} rows with a score for each of {len(examples.classes)} classes "
            "are more than a run keeps",
            "measure it on fewer rows",
        )
    folder = room / "examples" / examples.number
    method = next((name for name in SCORES if (folder / f"{name}.npy").is_file()), None)
    if method is None:
        return _gap("no scores of the model are known for the held-out rows", "run it again")
    try:
        predictions = _predictions(room, examples, method=method, groups=groups)
        scorer = Scorer(
            score=method,
            label=examples.label,
            groups=tuple(sorted(predictions.groups)),
            task=predictions.task,
            ids_key=key,
        )
        return record_evaluation(
            project,
            artifacts=artifacts,
            snapshot=snapshot,
            scorer=scorer,
            predictions=predictions,
        )
    except CairnError as error:
        return _gap(f"the predictions cannot be stored: {error}", "mend the data")


def _predictions(
    room: Path, examples: Examples, *, method: str, groups: Sequence[str]
) -> Predictions:
    """Read what the hook wrote about a set."""
    folder = room / "examples" / examples.number
    labels, scores = read_array(folder / "labels.npy"), read_array(folder / f"{method}.npy")
    ids, found = named_rows(room, examples, groups)
    if examples.task == "multiclass":
        return of_classes(ids, labels, scores, classes=examples.classes, groups=found)
    task: Task = "regression" if examples.task == "regression" else "binary"
    return tabulate(ids, labels, score=scores, groups=found, task=task)


def leak(examples: Examples) -> Gap | None:
    """Make a gap of it if many held-out rows equal rows that the model was trained on.

    In coarse data a few are equal by chance, so only a share of `LEAK_SHARE` is held against
    the evaluation; any is told (`overlap_note`).
    """
    if examples.overlap < LEAK_SHARE * examples.rows:
        return None
    return _gap(
        f"{examples.overlap} of {examples.rows} held-out rows were also trained on",
        "split the data so that no row is in both parts",
    )


def overlap_note(examples: Examples) -> tuple[str, ...]:
    """Tell of held-out rows that equal rows that the model was trained on."""
    if not examples.overlap:
        return ()
    rows = f"{examples.overlap} of {examples.rows} held-out rows"
    return (f"{rows} equal rows that the model was trained on",)


def _sets_of(journal: Journal, saved: Saved) -> list[Examples]:
    """Find the sets that this fitting of the model was measured on, reloaded or not."""
    lies = place_of(saved.path) if saved.path else None
    reloaded = {
        event.model
        for event in journal.of(Loaded)
        if event.time > saved.time and moved_to(journal.events, event.path) == lies
    }
    return [
        each
        for each in journal.of(Examples)
        if each.model in reloaded
        or (each.model, each.generation) == (saved.model, saved.generation)
    ]


def _last(used: Sequence[str | None], number: str) -> int:
    return max((place for place, each in enumerate(used) if each == number), default=-1)


def _collect(
    metrics: Sequence[Metric], prefixes: dict[str, str], last: Examples | None
) -> Measured:
    found: dict[str, float] = {}
    undefined: set[str] = set()
    others: list[Metric] = []
    metrics = [replace(each, name=spelled(each.name)) for each in metrics]
    for metric in sorted(metrics, key=lambda each: not each.derived):
        prefix = prefixes.get(metric.examples or "")
        if metric.name.startswith(_CROSS):
            prefix = _PLAIN
        if prefix is None:
            others.append(metric)
        elif math.isfinite(float(metric.value)):
            found[prefix + metric.name] = float(metric.value)
        else:
            undefined.add(prefix + metric.name)
    own = {name.rpartition("/")[2] for name in found}
    known = [each for each in others if each.examples or each.part or each.name in own]
    unknown = [each for each in others if each not in known]
    return Measured(
        found,
        last,
        undefined=tuple(sorted(undefined - found.keys())),
        notes=_others_note(len(known)),
        gaps=_unknown_gap(unknown),
    )


def _others_note(total: int) -> tuple[str, ...]:
    if not total:
        return ()
    what, are = ("metrics", "are") if total > 1 else ("metric", "is")
    return (f"{total} {what} of other models, or of parts of a set, {are} not recorded",)


def _unknown_gap(metrics: Sequence[Metric]) -> tuple[Gap, ...]:
    if not metrics:
        return ()
    last = {each.name: each.value for each in metrics}
    said = ", ".join(f"{name} {value}" for name, value in last.items())
    return (
        clipped_gap(
            "metrics",
            f"{said}: computed from values that are not predictions of a model that was seen, "
            "so it is not known which model this speaks of",
            "compute it from what the model's predict or predict_proba returns, or record it "
            "with `run.log_metric`",
        ),
    )


def named_rows(
    room: Path, examples: Examples, groups: Sequence[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Name the rows by their index if it names each, else by their number; and their groups.

    Groups are the columns that the project groups by, where the model was shown them.
    """
    counted = [str(number) for number in range(examples.rows)]
    if examples.frame is None:
        return counted, {}
    folder = room / "frames" / examples.frame / "features"
    table = read_plain_table(folder)
    if table is None:
        features = read_frame(folder)
        return _ids(features) or counted, _groups(features, groups)
    found = {
        name: [MISSING if value in (None, "") else str(value) for value in values_of(column)]
        for name, column in zip(table.names, table.columns, strict=True)
        if name in groups
    }
    index = values_of(table.index)
    names_each = None not in index and len(set(index)) == len(index)
    return ([str(value) for value in index] if names_each else counted), found


def _ids(features: Any) -> list[str] | None:
    index = getattr(features, "index", None)
    if index is None or callable(index) or not index.is_unique or index.hasnans:
        return None
    return [str(value) for value in index]


def _groups(features: Any, wanted: Sequence[str]) -> dict[str, list[str]]:
    columns = getattr(features, "columns", ())
    found: dict[str, list[str]] = {}
    for name in wanted:
        if name in columns:
            values = features[name]
            text = values.astype(object).where(values.notna(), MISSING)
            found[name] = [str(value) or MISSING for value in text]
    return found


def _gap(reason: str, fix: str) -> Gap:
    return clipped_gap("evaluation", reason, fix)
