"""The candidate and the live version on rows of several classes, in pictures."""

from collections.abc import Sequence

import numpy as np

from cairn.gates.page.model import Model
from cairn.gates.page.parts import figure, numbers, plain, table, whole
from cairn.plots import curve
from cairn.plots.curve import Curve
from cairn.stats import curves
from cairn.stats.agreement import class_confusion
from cairn.stats.align import Sample
from cairn.stats.scored import Floats

MOST_CLASSES = 20
_ALPHA = 0.025


def pictures(models: Sequence[Model]) -> str:
    """Draw whether a model is as sure as it is right; tell which class it took for which.

    A row counts once and for itself, whatever its weight.
    """
    likely = [_likeliest(model.rows) for model in models]
    if all(map(curves.shares, likely)):
        drawn = _reliability(models, likely)
    else:
        drawn = "<p>Scores lie outside 0 to 1: there is no reliability curve.</p>\n"
    matrices = "".join(map(_confusion, models))
    return (
        f'<div class="pictures">{drawn}</div>\n<h3>Which class was taken for which</h3>\n'
        f"{matrices}"
    )


def _likeliest(rows: Sample) -> Sample:
    """See a row as right or wrong, scored by how sure the model was of its likeliest class."""
    right: Floats = (rows.score.argmax(axis=1) == rows.label).astype(np.float64)
    return Sample(
        label=right, score=rows.score.max(axis=1), weight=rows.weight, unit=rows.unit
    )


def _reliability(models: Sequence[Model], likely: Sequence[Sample]) -> str:
    lines: list[Curve] = []
    data: dict[str, object] = {}
    for model, rows in zip(models, likely, strict=True):
        bins = curves.calibration(rows, alpha=_ALPHA)
        points = [(one.predicted, one.share) for one in bins]
        bounds = [(one.lower, one.upper) for one in bins]
        lines.append(Curve(model.name, points, model.colour, bounds))
        data[model.name] = [
            {"rows": one.rows, "sure": one.predicted, "right": one.share} for one in bins
        ]
    drawn = curve.draw(
        lines,
        title="Reliability",
        across="score of the likeliest class",
        up="share that is right",
        dashed=((0.0, 0.0), (1.0, 1.0)),
    )
    caption = "Reliability, each bound at 97.5% confidence; dashed: as sure as it is right"
    return figure(drawn, caption, beside=numbers(data))


def _confusion(model: Model) -> str:
    """Tell rows by label and decision; of many classes those with the most rows."""
    counts, classes = class_confusion(model.rows), model.rows.classes
    order = np.argsort(-counts.sum(axis=1), kind="stable")
    kept: list[int] = sorted(order[:MOST_CLASSES].tolist())
    head = [plain(model.name), *(f"as {plain(classes[at])}" for at in kept), "all"]
    cells = [
        (
            plain(classes[row]),
            *(whole(int(counts[row, column])) for column in kept),
            whole(int(counts[row].sum())),
        )
        for row in kept
    ]
    left = len(classes) - len(kept)
    more = (
        f'<p class="note">{left} classes with fewer rows are not shown.</p>\n' if left else ""
    )
    return table(head, cells) + more
