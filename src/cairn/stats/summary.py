"""The metrics that are recorded beside predictions: each is computed from the rows alone."""

from cairn.core.evaluation import Task
from cairn.stats.align import Sample, sample
from cairn.stats.estimate import Undefined
from cairn.stats.measure import measure
from cairn.stats.scored import Predictions

RECORDED: dict[Task, tuple[str, ...]] = {
    "binary": (
        "accuracy",
        "brier",
        "f1",
        "log_loss",
        "precision",
        "recall",
        "roc_auc",
        "specificity",
    ),
    "multiclass": ("accuracy", "balanced_accuracy", "brier", "log_loss", "macro_f1"),
    "regression": ("mae", "mse", "r2", "rmse"),
    "ranking": ("mrr", "ndcg"),
    "values": (),
}
METRICS = RECORDED["binary"]
DIGITS = 12
_SMALLEST = 1e-12


def summarise(predictions: Predictions) -> dict[str, float]:
    """Every recorded metric that the rows define, by name, rounded so that machines agree.

    Raises `Invalid` for labels that the task cannot have.
    """
    rows = sample(predictions)
    found = {name: measure(name, rows) for name in metrics_of(rows)}
    return {
        name: rounded(estimate.value)
        for name, estimate in found.items()
        if not isinstance(estimate, Undefined)
    }


def metrics_of(rows: Sample) -> tuple[str, ...]:
    """Names of the metrics that are recorded of such rows, the project's own last."""
    return (*RECORDED[rows.task], *(f"mean/{name}" for name in sorted(rows.values)))


def rounded(value: float) -> float:
    """Keep twelve significant digits: libraries and processors differ in those after them."""
    return 0.0 if abs(value) < _SMALLEST else float(f"{value:.{DIGITS}g}")
