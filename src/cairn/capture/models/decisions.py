"""Figures of decisions, from what the model itself decided: it may not go by its scores.

Gates cut the scores of two classes at 0.5, if they are not told to cut elsewhere, and of
several take the highest; where the model decides otherwise, a note says in how many rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cairn.capture.events import Examples
from cairn.flavors.frames.npy import read_array
from cairn.stats.predictions import Predictions
from cairn.stats.summary import summarise
from cairn.stats.tabulate import tabulate, tabulate_classes

FIGURES = (
    *("accuracy", "balanced_accuracy", "f1", "macro_f1", "precision", "recall"),
    "specificity",
)
HALF = 0.5


def decided(room: Path, examples: Examples) -> tuple[dict[str, float], tuple[str, ...]]:
    """Compute figures of the model's own decisions for a held-out set.

    Empty if the model decides by its scores, as everybody assumes, or if nobody knows what it
    decides; else with a note.
    """
    folder = room / "examples" / examples.number
    if not all((folder / f"{name}.npy").is_file() for name in ("predict_proba", "predict")):
        return {}, ()
    scores, decisions = (read_array(folder / f"{n}.npy") for n in ("predict_proba", "predict"))
    several = examples.task == "multiclass"
    apart = (
        scores.argmax(axis=1) != decisions.argmax(axis=1)
        if several
        else (scores >= HALF) != (decisions == 1)
    )
    if not apart.any():
        return {}, ()
    labels = read_array(folder / "labels.npy")
    rows = range(len(labels))
    found = summarise(
        of_classes(rows, labels, decisions, classes=examples.classes)
        if several
        else tabulate(rows, labels, score=decisions)
    )
    figures = [name for name in FIGURES if name in found]
    note = (
        f"the model decides {int(apart.sum())} of {examples.rows} rows otherwise than by "
        f"{'its highest score' if several else 'score >= 0.5'}: "
        f"{', '.join(figures)} are of its own decisions"
    )
    return {name: found[name] for name in figures}, (note,)


def of_classes(
    ids: Iterable[object],
    places: Any,
    scores: Any,
    *,
    classes: Sequence[str],
    groups: Mapping[str, Iterable[object]] | None = None,
) -> Predictions:
    """Build predictions of several classes from the places of labels, and a score for each."""
    return tabulate_classes(
        ids,
        [classes[int(place)] for place in places],
        scores={name: scores[:, at] for at, name in enumerate(classes)},
        groups=groups,
    )
