"""Figures of decisions, from what the model itself decided: it may not cut its scores at 0.5.

Gates cut at 0.5 what they are not told to cut elsewhere; where the model decides otherwise, a
note says in how many rows.
"""

from pathlib import Path

from cairn.capture.events import Examples
from cairn.flavors.npy import read_array

FIGURES = ("accuracy", "f1", "precision", "recall", "specificity")
HALF = 0.5


def decided(room: Path, examples: Examples) -> tuple[dict[str, float], tuple[str, ...]]:
    """Compute figures of the model's own decisions for a held-out set of two classes.

    Empty if the model decides by scores of at least 0.5, as everybody assumes, or if nobody
    knows what it decides; else with a note.
    """
    folder = room / "examples" / examples.number
    if not all((folder / f"{name}.npy").is_file() for name in ("predict_proba", "predict")):
        return {}, ()
    scores, decisions = (read_array(folder / f"{n}.npy") for n in ("predict_proba", "predict"))
    apart = int(((scores >= HALF) != (decisions == 1)).sum())
    if not apart:
        return {}, ()
    from cairn.stats.summary import summarise
    from cairn.stats.tabulate import tabulate

    labels = read_array(folder / "labels.npy")
    found = summarise(tabulate(range(len(labels)), labels, score=decisions))
    note = (
        f"the model decides {apart} of {examples.rows} rows otherwise than by score >= 0.5: "
        f"{', '.join(FIGURES)} are of its own decisions"
    )
    return {name: found[name] for name in FIGURES if name in found}, (note,)
