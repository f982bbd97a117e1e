"""What a script hands over to its run: models, predictions and values, made fit to be kept."""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cairn import flavors
from cairn.capture.events import Saved
from cairn.capture.hook.cairn_hook import plain
from cairn.capture.told import ToldEvaluation, check_metric_name
from cairn.config import EvaluationSettings
from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Invalid
from cairn.core.evaluation import Scorer
from cairn.core.run import Scalar
from cairn.core.snapshot import SnapshotInfo
from cairn.data.evaluation import ids_key
from cairn.data.in_memory import snapshot_derived
from cairn.data.read_table import read_table
from cairn.flavors.frames.frame import columns, row_count
from cairn.flavors.golden import ROWS
from cairn.project import Project
from cairn.stats.align import sample
from cairn.stats.tabulate import tabulate

BY_EVALUATE = "run.evaluate"
FOLDER = "handed"


def scalar_of(value: object) -> Scalar:
    """Spell any value as a parameter."""
    return plain.scalar(value)


def finite(name: str, value: float) -> float:
    """Return a metric's value; raises `Invalid` naming it if it is not a finite number."""
    check_metric_name(name)
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise Invalid(f"metric {name} = {value!r} is not a number") from error
    if not math.isfinite(number):
        raise Invalid(f"metric {name} is {number}: look at the data that it was computed on")
    return number


def evaluation_of(
    project: Project,
    labels: Any,
    *,
    scores: Any,
    ids: Iterable[object] | None,
    groups: Mapping[str, Iterable[object]] | None,
    on: SnapshotInfo | None,
    settings: EvaluationSettings | None,
) -> ToldEvaluation:
    """Check predictions, and freeze their ids and labels if they name no snapshot."""
    named = range(row_count(labels)) if ids is None else ids
    predictions = tabulate(named, labels, score=scores, groups=groups)
    sample(predictions)  # labels of two classes, before the run goes on
    if on is None:
        rows = zip(predictions.ids, predictions.label.tolist(), strict=True)
        on = _freeze_labels(project, rows)
    scorer = Scorer(
        score=BY_EVALUATE,
        label="label",
        groups=tuple(sorted(groups or {})),
        ids_key=ids_key(project, settings),
    )
    return ToldEvaluation(on.digest, scorer, predictions)


def save_model(
    project: Project, model: object, *, room: Path, example: Any, on: Sequence[Digest]
) -> Saved:
    """Write the model with golden predictions into the run's folder."""
    folder = room / "models" / FOLDER
    written = flavors.save(model, folder / "files")
    rows = example if example is not None else _rows_for(project, model, on)
    reason, method = None, None
    if rows is None:
        reason = "no example rows were given"
    else:
        method = flavors.make_golden(model, rows, folder / "golden").method
    known = hasattr(model, "get_params")
    return Saved(
        time=1,
        model=FOLDER,
        generation=1,
        kind=type(model).__qualname__,
        whole=True,
        parameters=plain.parameters(model) if known else {},
        folder=FOLDER,
        flavor=written.flavor,
        golden_reason=reason,
        method=method,
        inputs=() if rows is None else columns(rows),
    )


def _freeze_labels(project: Project, rows: Iterable[tuple[str, float]]) -> SnapshotInfo:
    with TemporaryDirectory(prefix="cairn-") as name:
        file = Path(name) / "labels.csv"
        with file.open("w", encoding="utf-8", newline="") as target:
            table = csv.writer(target, lineterminator="\n")
            table.writerow(("id", "label"))
            table.writerows(rows)
        return snapshot_derived(project, file, by=BY_EVALUATE)


def _rows_for(project: Project, model: object, on: Sequence[Digest]) -> Any:
    """Find rows that the model can be asked about in what it was evaluated on."""
    wanted = list(getattr(model, "feature_names_in_", ()))
    for digest in on if wanted else ():
        try:
            table = read_table(project, project.find_snapshot(digest)).to_frame()
        except CairnError:  # no table, or one without a way to read it here
            continue
        if set(wanted) <= set(table.columns):
            return table[wanted].head(ROWS)
    return None
