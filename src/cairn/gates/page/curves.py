"""The candidate and the live version on all rows of a two-class evaluation, in pictures."""

from collections.abc import Sequence

from cairn.gates.page.model import Model
from cairn.gates.page.parts import figure, numbers, plain, table, whole
from cairn.plots import curve, svg
from cairn.plots.curve import Curve
from cairn.stats import curves
from cairn.stats.agreement import confusion
from cairn.stats.align import Sample
from cairn.stats.estimate import Undefined
from cairn.stats.measure import measure

_ALPHA = 0.025


def pictures(models: Sequence[Model]) -> str:
    """Draw ROC, precision and recall, calibration, and tell right from wrong decisions."""
    if not curves.both_labels(models[0].rows):
        return "<p>All rows have the same label, so there are no curves.</p>\n"
    drawn = [_roc(models), _precision_recall(models)]
    if all(curves.shares(model.rows) for model in models):
        drawn.append(_calibration(models))
    else:
        drawn.append("<p>Scores lie outside 0 to 1: there is no calibration curve.</p>\n")
    matrices = "".join(_confusion(model) for model in models)
    return (
        f'<div class="pictures">{"".join(drawn)}</div>\n'
        f"<h3>Decisions from a score of 0.5 on</h3>\n{matrices}{_note(models[0].rows)}"
    )


def _note(rows: Sample) -> str:
    if rows.simple:
        return ""
    return (
        '<p class="note">In the curves of thresholds and the counts of decisions every row '
        "counts once and for itself. The checks above, the areas and the bins of the "
        "calibration use weights and the rows that belong together.</p>\n"
    )


def _roc(models: Sequence[Model]) -> str:
    lines = [
        Curve(_with(model, "roc_auc", "area"), curves.roc(model.rows), model.colour)
        for model in models
    ]
    drawn = curve.draw(
        lines,
        title="ROC curve",
        across="false positive rate",
        up="true positive rate (recall)",
        dashed=((0.0, 0.0), (1.0, 1.0)),
    )
    return figure(drawn, "ROC; dashed: chance", beside=_points(lines))


def _precision_recall(models: Sequence[Model]) -> str:
    lines = [
        Curve(
            _with(model, "average_precision", "average"),
            curves.precision_recall(model.rows),
            model.colour,
        )
        for model in models
    ]
    share = float(models[0].rows.positive.mean())
    drawn = curve.draw(
        lines,
        title="Precision and recall",
        across="recall",
        up="precision",
        dashed=((0.0, share), (1.0, share)),
    )
    return figure(drawn, "Precision and recall; dashed: chance", beside=_points(lines))


def _calibration(models: Sequence[Model]) -> str:
    lines: list[Curve] = []
    data: dict[str, object] = {}
    for model in models:
        bins = curves.calibration(model.rows, alpha=_ALPHA)
        points = [(one.predicted, one.share) for one in bins]
        bounds = [(one.lower, one.upper) for one in bins]
        lines.append(Curve(model.name, points, model.colour, bounds))
        data[model.name] = [
            {
                "rows": one.rows,
                "predicted": one.predicted,
                "share": one.share,
                "lower": one.lower,
                "upper": one.upper,
            }
            for one in bins
        ]
    drawn = curve.draw(
        lines,
        title="Calibration",
        across="mean score of the bin",
        up="share with label 1",
        dashed=((0.0, 0.0), (1.0, 1.0)),
    )
    return figure(
        drawn,
        "Calibration, each bound at 97.5% confidence; dashed: as predicted",
        beside=numbers(data),
    )


def _with(model: Model, metric: str, word: str) -> str:
    """Name a curve, with the metric that sums it up and the bounds of that."""
    found = measure(metric, model.rows, alpha=_ALPHA)
    name = svg.shortened(model.name, letters=18)
    if isinstance(found, Undefined):
        return name
    return f"{name}: {word} {found.value:.3f} ({found.lower:.3f} to {found.upper:.3f})"


def _points(lines: Sequence[Curve]) -> str:
    return numbers(
        {line.name: [[round(x, 6), round(y, 6)] for x, y in line.points] for line in lines}
    )


def _confusion(model: Model) -> str:
    found = confusion(model.rows)
    rows = [
        ("label 1", found.true_positive, found.false_negative),
        ("label 0", found.false_positive, found.true_negative),
    ]
    cells = [
        (name, *(f"{whole(n)} ({n / (one + other):.1%})" for n in (one, other)))
        for name, one, other in rows
    ]
    head = [plain(model.name), "decided 1", "decided 0"]
    return table(head, cells)
