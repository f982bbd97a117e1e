"""The metrics there are: how each is spelled, which way it is better, how it is judged.

- `recall@0.3` decides a row positive from 0.3 on; without a number, from 0.5 on.
- `ndcg@10` looks at the first ten of each query, `top_k_accuracy@5` at the five likeliest
  classes, `ece@10` at ten bins.
- `log_loss@0.01` takes scores below 0.01 for 0.01, and those above 0.99 for 0.99: no row then
  costs more than 4.6. Without a number only a score of exactly 0 or 1 is moved, by 2e-16.
- `recall/late` is that of one class of several, against all others.
- `mean/cost` is the mean of the project's own number `cost`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from cairn.core.errors import Invalid
from cairn.core.evaluation import Task
from cairn.stats.estimate import Better

Family = Literal["share", "ratio", "mean", "area", "total"]
Takes = Literal["", "threshold", "k", "bins", "clip"]

DEFAULT_THRESHOLD = 0.5
DEFAULT_BINS = 15
DEFAULT_K = 5
SMALLEST_CLIP = 2.0**-52
"""As scikit-learn clips: a tree ensemble says 0 and 1, and a mistake must cost a number."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a metric by its word alone."""

    family: Family
    better: Better
    tasks: tuple[Task, ...]
    takes: Takes = ""


_BINARY: tuple[Task, ...] = ("binary",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
KINDS: dict[str, Kind] = {
    "accuracy": Kind("share", "higher", _CLASSES, "threshold"),
    "recall": Kind("share", "higher", _BINARY, "threshold"),
    "specificity": Kind("share", "higher", _BINARY, "threshold"),
    "selection_rate": Kind("share", "higher", _BINARY, "threshold"),
    "top_k_accuracy": Kind("share", "higher", ("multiclass",), "k"),
    "precision": Kind("ratio", "higher", _BINARY, "threshold"),
    "f1": Kind("ratio", "higher", _BINARY, "threshold"),
    "balanced_accuracy": Kind("total", "higher", _CLASSES, "threshold"),
    "mcc": Kind("total", "higher", _BINARY, "threshold"),
    "macro_f1": Kind("total", "higher", ("multiclass",)),
    "roc_auc": Kind("area", "higher", _BINARY),
    "average_precision": Kind("total", "higher", _BINARY),
    "log_loss": Kind("mean", "lower", _CLASSES, "clip"),
    "brier": Kind("mean", "lower", _CLASSES),
    "ece": Kind("total", "lower", _BINARY, "bins"),
    "mae": Kind("mean", "lower", ("regression",)),
    "mse": Kind("mean", "lower", ("regression",)),
    "rmse": Kind("total", "lower", ("regression",)),
    "r2": Kind("total", "higher", ("regression",)),
    "median_absolute_error": Kind("total", "lower", ("regression",)),
    "ndcg": Kind("mean", "higher", ("ranking",), "k"),
    "mrr": Kind("mean", "higher", ("ranking",)),
    "hit_rate": Kind("mean", "higher", ("ranking",), "k"),
    "mean": Kind("mean", "higher", get_args(Task)),
}
SYNONYMS = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "ap": "average_precision",
    "pr_auc": "average_precision",
    "auprc": "average_precision",
    "sensitivity": "recall",
    "tpr": "recall",
    "true_positive_rate": "recall",
    "tnr": "specificity",
    "true_negative_rate": "specificity",
    "ppv": "precision",
    "matthews_corrcoef": "mcc",
    "f1_macro": "macro_f1",
    "top_k": "top_k_accuracy",
    "logloss": "log_loss",
    "cross_entropy": "log_loss",
    "brier_score_loss": "brier",
    "expected_calibration_error": "ece",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "r_squared": "r2",
    "medae": "median_absolute_error",
    "reciprocal_rank": "mrr",
    "hit_at": "hit_rate",
}
"""What libraries and people call them; `_score` at the end of a name says nothing."""
_FARTHEST = {
    "mcc": 2.0,
    **dict.fromkeys(("mean", "mae", "mse", "rmse", "r2", "median_absolute_error"), math.inf),
}
_ONE_CLASS = ("recall", "specificity", "selection_rate", "precision", "f1", "roc_auc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A parsed metric name; `target` is a class, or the name of a number of one's own."""

    kind: str
    argument: float | None = None
    target: str = ""

    @property
    def family(self) -> Family:
        """How it is computed and judged."""
        return KINDS[self.kind].family

    @property
    def better(self) -> Better:
        """Whether higher or lower is better; of the project's own numbers, they say it."""
        return KINDS[self.kind].better

    @property
    def threshold(self) -> float:
        """From which score on a row is decided positive."""
        return DEFAULT_THRESHOLD if self.argument is None else self.argument

    @property
    def bins(self) -> int:
        """How many bins of equal width there are."""
        return DEFAULT_BINS if self.argument is None else int(self.argument)

    @property
    def clip(self) -> float:
        """From which score on a log loss counts no more than that score."""
        return SMALLEST_CLIP if self.argument is None else self.argument

    @property
    def k(self) -> float:
        """How many of the first places count; all of a query unless the name says."""
        if self.argument is not None:
            return self.argument
        return DEFAULT_K if self.kind == "top_k_accuracy" else math.inf

    @property
    def name(self) -> str:
        """The one spelling: `recall`, `recall@0.3`, `ndcg@10`, `recall/late`."""
        word = f"{self.kind}/{self.target}" if self.target else self.kind
        if self.argument is None:
            return word
        decides = KINDS[self.kind].takes in ("threshold", "clip")
        return f"{word}@{self.argument if decides else int(self.argument)!r}"


def farthest(metric: Metric, task: Task) -> float:
    """How far two models can lie apart by a metric: 1 by a share, infinitely by an error."""
    if metric.kind == "log_loss":
        return math.log((1 - metric.clip) / metric.clip)
    if metric.kind == "brier" and task == "multiclass":
        return 2.0
    return _FARTHEST.get(metric.kind, 1.0)


def noun_of(name: str) -> str:
    """What a metric counts: `query` of a ranking, else `row`."""
    known = KINDS.get(spelled(name).partition("@")[0].partition("/")[0])
    return "query" if known is not None and known.tasks == ("ranking",) else "row"


def better(name: str) -> Better:
    """Say which way a metric is better by its name alone: higher, if nobody knows the name.

    A set in front of the name (`train/log_loss`) does not matter.
    """
    first, *others = spelled(name).split("/")
    word = first if first in KINDS or not others else others[-1]
    known = KINDS.get(word.partition("@")[0])
    return known.better if known else "higher"


def spelled(name: str) -> str:
    """Spell a metric as the table does, whoever named it; an unknown one stays as it is.

    `f1_score` is `f1`, `AUC` is `roc_auc`, `train/mean_absolute_error` is `train/mae`.
    """
    first, slash, rest = name.partition("/")
    if not slash:
        return _respelled(name)
    word = _respelled(first)
    return f"{word}/{rest}" if word in KINDS else f"{first}/{spelled(rest)}"


def spellings(name: str) -> tuple[str, ...]:
    """List the names under which a metric may have been recorded, the given one first."""
    plain = spelled(name)
    words = [word for word in KINDS if word in plain.replace("@", "/").split("/")]
    others = [
        plain.replace(word, other)
        for word in words[:1]
        for known in (word, *(one for one, meant in SYNONYMS.items() if meant == word))
        for other in (known, f"{known}_score")
    ]
    return tuple(dict.fromkeys((name, plain, *others)))


def _respelled(name: str) -> str:
    word, at, argument = name.partition("@")
    plain = word.lower().replace("-", "_").replace(" ", "_").removesuffix("_score")
    known = SYNONYMS.get(plain, plain)
    return known + at + argument if known in KINDS else name


def by_task() -> dict[Task, tuple[str, ...]]:
    """List the words of each task's metrics, the same way everywhere."""
    return {
        task: tuple(sorted(word for word, kind in KINDS.items() if task in kind.tasks))
        for task in get_args(Task)
    }


def require_of_task(metric: Metric, task: Task) -> None:
    """Raise `Invalid` that lists a task's metrics unless this is one of them."""
    of_one_class = task == "multiclass" and metric.target and metric.kind in _ONE_CLASS
    if task in KINDS[metric.kind].tasks or of_one_class:
        return
    known = ", ".join(word for word, kind in KINDS.items() if task in kind.tasks)
    more = ", and recall/CLASS of one class" if task == "multiclass" else ""
    raise Invalid(f"{metric.name} is not a metric of a {task} task; there are {known}{more}")


def parse_metric(name: str) -> Metric:
    """Read a metric name; raises `Invalid` that lists the known ones."""
    word, slash, target = name.partition("/")
    if not slash:
        word, at, number = name.partition("@")
    else:
        at, number = "", ""
    if word not in KINDS:
        known = ", ".join(sorted(KINDS.keys() - {"mean"}))
        raise Invalid(
            f"metric {name!r} is not known; there are {known}, and `mean/NAME` of your own"
        )
    if slash and (not target or word not in (*_ONE_CLASS, "mean")):
        raise Invalid(f"metric {name!r}: {word} is not of one class; write {word!r}")
    if word == "mean" and not slash:
        raise Invalid("metric 'mean': say of what: `mean/NAME`")
    if not at:
        return Metric(kind=word, target=target)
    return Metric(kind=word, argument=_argument(name, word, number))


def _argument(name: str, word: str, number: str) -> float | None:
    takes = KINDS[word].takes
    if not takes:
        raise Invalid(f"metric {name!r}: {word} has no threshold; write {word!r}")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    fits = _FITS[takes](value) if math.isfinite(value) else False
    if not fits:
        what = _WANTED.get(takes, "a whole number above 0")
        raise Invalid(f"metric {name!r}: {number!r} is not {what}; write `{_EXAMPLES[takes]}`")
    if takes == "bins" and not 2 <= value <= 100:  # noqa: PLR2004 - as the check `calibration`
        raise Invalid(f"metric {name!r}: there are 2 to 100 bins")
    return None if value == DEFAULT_THRESHOLD and takes == "threshold" else value


def _counts(value: float) -> bool:
    return value >= 1 and value == int(value)


_FITS: dict[Takes, Callable[[float], bool]] = {
    "threshold": math.isfinite,
    "clip": lambda value: 0 < value < DEFAULT_THRESHOLD,
    "k": _counts,
    "bins": _counts,
}
_WANTED = {"threshold": "a threshold", "clip": "a score between 0 and 0.5"}
_EXAMPLES = {
    "threshold": "recall@0.3",
    "k": "ndcg@10",
    "bins": "ece@10",
    "clip": "log_loss@0.01",
}
