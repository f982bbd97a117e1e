"""Which data was a metric computed on: matched to the prediction that it was made from.

1. A metric belongs to the prediction that it was computed from (`attribution`); where none
   is behind it, it belongs to no model.
2. Data is training data if the model was fitted to these rows, and held out otherwise.
3. Features, labels and scores are written when the first metric is computed on them: the
   script may drop or change them at any time.
4. Of two classes a label says whether it is the second one, and a score how much speaks for
   it; of several it is the place of its class, and there is a score for each; of a regression
   both are the numbers themselves.
"""

import os
import sys

from . import attribution, fitted, frames, journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOSTLY, DISTINCT = 0.5, 0.99
_KEPT, _HELD = 64, 2
_SCORES = ("predict_proba", "predict")
_TASKS = ("binary", "multiclass", "regression")
MOST_SCORES = 32 << 20
"""Rows times classes that are asked for and kept: a quarter of a gigabyte."""


class Examples:
    """Rows that one fitted model was measured on."""

    def __init__(self, number: str, made: "fitted.Prediction", rows: "Any") -> None:
        self.number = number
        self.model = made.model
        self.fit = made.fit
        self.rows = fitted.Held(rows)
        self.keys: Any = None
        self.labels: Any = None
        self.task = "other"
        self.classes: Any = None
        self.scored: set[str] = set()


_all: "list[Examples]" = []
_count = [0]


def measured(
    name: str, value: "Any", labels: "Any", predicted: "Any", *, prediction: "Any" = None
) -> None:
    """Write down a metric with the examples that it was computed on, if they are known."""
    made, whole = prediction, True
    if made is None:
        made, whole = attribution.behind(predicted, frames.count(labels))
    examples = None if made is None else _examples(made, labels)
    if examples is not None and made is not None:
        _note_scores(examples, made)
    if value is not None:
        journal.write(
            "metric",
            name=name,
            value=value,
            examples=None if examples is None else examples.number,
            rows=frames.count(labels),
            derived=not whole,
            part=made is not None or attribution.is_part(predicted),
        )


def complete() -> None:
    """Ask saved models for the probabilities and decisions that the script did not ask for."""
    for examples in _all:
        model, rows = examples.model(), examples.rows()
        there = examples.fit.saved and model is not None and rows is not None
        if there and examples.task in _TASKS:
            try:
                _complete(examples, model, rows)
            except Exception:  # as when Python shuts down: what the script computed stands
                continue


def _complete(examples: Examples, model: "Any", rows: "Any") -> None:
    if fitted.fit_of(model) is not examples.fit:
        return
    if "predict_proba" not in examples.scored and hasattr(model, "predict_proba"):
        _write_scores(examples, "predict_proba", model.predict_proba(rows))
    if "predict" not in examples.scored:
        _write_scores(examples, "predict", model.predict(rows))


def _examples(made: "fitted.Prediction", labels: "Any") -> "Examples | None":
    import numpy as np

    rows = made.rows()
    if rows is None:
        return None
    wanted = np.asarray(labels)
    keys = None
    for known in reversed(_all):
        if known.fit is not made.fit or not np.array_equal(known.labels, wanted):
            continue
        keys = keys if keys is not None else frames.row_keys(rows)
        if known.rows() is rows or frames.are_same(known.keys, keys):
            return known
    return _new_examples(made, rows, labels)


def _new_examples(made: "fitted.Prediction", rows: "Any", labels: "Any") -> Examples:
    import numpy as np

    _count[0] += 1
    found = Examples("%d-%d" % (os.getpid(), _count[0]), made, rows)
    found.keys = frames.row_keys(rows)
    found.labels = np.array(labels)
    role, overlap = _role(found.keys, made.fit.keys)
    found.task, found.classes = _task(made.model(), found.labels)
    _save_labels(found)
    journal.write(
        "examples",
        number=found.number,
        model=made.fit.key,
        generation=made.fit.generation,
        role=role,
        overlap=overlap,
        rows=made.count,
        frame=frames.store(rows, labels, found.keys),
        task=found.task,
        classes=[_spelled(each) for each in found.classes],
        label=str(getattr(labels, "name", None) or "label"),
    )
    _all.append(found)
    for older in _all[-_HELD - 1 : -_HELD]:
        older.rows.loosen()
    del _all[:-_KEPT]
    return found


def _role(keys: "Any", seen: "Any") -> "tuple[str, int]":
    """Tell training data from held-out data, and how many rows are in both.

    Rows that are not distinct say nothing: in a table of few values all of them recur.
    """
    import numpy as np

    if keys is None or seen is None or len(keys) == 0:
        return "heldout", 0
    if len(keys) == len(seen) and np.array_equal(keys, seen):
        return "train", len(keys)
    if len(np.unique(seen)) < DISTINCT * len(seen):
        return "heldout", 0
    overlap = int(np.isin(keys, seen).sum())
    return ("train" if overlap > MOSTLY * len(keys) else "heldout"), overlap


def _task(model: "Any", labels: "Any") -> "tuple[str, list[Any]]":
    """Name the task, and its classes in the order of the model's scores."""
    import numpy as np

    classes = getattr(model, "classes_", None)
    if classes is None:
        numbers = labels.ndim == 1 and labels.dtype.kind in "biuf"
        return ("regression" if numbers and _is_regressor(model) else "other"), []
    if isinstance(classes, list) or np.ndim(classes) != 1:  # of several outputs
        return "other", []
    known = np.asarray(classes).tolist()
    if len(known) < 2 or labels.ndim != 1 or not np.isin(labels, classes).all():  # noqa: PLR2004 (something to tell apart)
        return "other", known
    if len(known) * len(labels) > MOST_SCORES:
        return "large", known
    return ("binary" if len(known) == 2 else "multiclass"), known  # noqa: PLR2004 (two classes)


def _is_regressor(model: "Any") -> bool:
    base = sys.modules.get("sklearn.base")
    if base is None or not isinstance(model, base.BaseEstimator):
        return False
    return bool(base.is_regressor(model))


def _spelled(value: "Any") -> str:
    """Spell a class as tables do: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _save_labels(examples: Examples) -> None:
    if examples.task == "regression":
        _save(examples, "labels", examples.labels)
    elif examples.task in _TASKS:
        places = {value: place for place, value in enumerate(examples.classes)}
        _save(examples, "labels", [places[value] for value in examples.labels.tolist()])


def _note_scores(examples: Examples, made: "fitted.Prediction") -> None:
    result = made.result()
    if result is not None and examples.task in _TASKS:
        _write_scores(examples, made.method, result)


def _write_scores(examples: Examples, method: str, result: "Any") -> None:
    import numpy as np

    if method not in _SCORES or method in examples.scored:
        return
    outputs = np.asarray(result)
    if examples.task == "regression":
        scores = outputs.reshape(len(outputs))
    elif method == "predict_proba":
        scores = outputs
    else:
        scores = np.stack([outputs == each for each in examples.classes], axis=1)
    _save(examples, method, scores[:, 1] if examples.task == "binary" else scores)
    examples.scored.add(method)


def _save(examples: Examples, name: str, values: "Any") -> None:
    import numpy as np

    folder = os.path.join(journal.folder_beside("examples"), examples.number)
    os.makedirs(folder, exist_ok=True)
    unfinished = os.path.join(folder, "unfinished.npy")
    np.save(unfinished, np.asarray(values, dtype=np.float64), allow_pickle=False)
    os.replace(unfinished, os.path.join(folder, name + ".npy"))
