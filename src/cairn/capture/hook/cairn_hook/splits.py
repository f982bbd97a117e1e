"""How data was split, and what cross-validation found."""

from . import calls, journal, scorers, seeds_numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_VALIDATED = ("cross_val_score", "cross_validate", "cross_val_predict", "learning_curve")


def watch(module: "ModuleType") -> None:
    """Watch the splitting, and the functions that fit many times on the way."""
    calls.replace(module, "train_test_split", _split, before=seeds_numpy.state)
    for name in _VALIDATED:
        calls.replace(module, name, _validated, before=seeds_numpy.state)


@journal.guarded
def _split(start: "Any", _result: "Any", _args: "Any", named: "Any") -> None:
    seed = named.get("random_state")
    if isinstance(seed, int):
        journal.seed("train_test_split", str(seed))
    journal.write("split", by="sklearn.model_selection.train_test_split")
    if seeds_numpy.consumed(start):
        journal.unseeded("train_test_split (numpy.random)")


@journal.guarded
def _validated(start: "Any", result: "Any", _args: "Any", named: "Any") -> None:
    import numpy as np

    if seeds_numpy.consumed(start):
        journal.unseeded("cross-validation (numpy.random)")
    scoring = named.get("scoring")
    name = "score" if scoring is None else scorers.name_of(scoring)
    if isinstance(result, np.ndarray) and result.ndim == 1 and result.dtype.kind == "f":
        value = float(result.mean())
        journal.write(
            "metric", name="cv/" + name, value=value, examples=None, rows=len(result)
        )
