"""What may happen to a model's inputs: noise, missing values, a shift; the same every time.

Amounts of noise and shift are in standard deviations of the column among the rows that are
evaluated, so that one number does for columns of every unit. Columns that are not numbers stay
as they are; naming one is an error.
"""

from typing import Any

import numpy as np

from cairn.core.errors import Invalid
from cairn.core.evaluation import Perturbation
from cairn.stats.scored import Floats


def perturb(rows: Any, change: Perturbation) -> Any:
    """Change the inputs of a model, a DataFrame or an array; the original stays as it is.

    Raises `Invalid` for a column that is not there or holds no numbers, and for `seed`, which
    is about training and changes no input.
    """
    if change.kind == "seed":
        raise Invalid("another seed changes how a model is trained, not what it is given")
    if not hasattr(rows, "columns"):
        return _perturbed_array(np.asarray(rows, dtype=np.float64), change)
    changed = rows.copy()
    for place, name in enumerate(_columns(rows, change)):
        changed[name] = _perturbed(rows[name].to_numpy(np.float64), change, place=place)
    return changed


def _perturbed_array(rows: Floats, change: Perturbation) -> Floats:
    if change.columns:
        raise Invalid("the model takes an array, whose columns have no names to perturb")
    columns = [_perturbed(rows[:, at], change, place=at) for at in range(rows.shape[1])]
    return np.stack(columns, axis=1) if columns else rows


def _columns(rows: Any, change: Perturbation) -> list[str]:
    numbers = [name for name in rows.columns if rows[name].dtype.kind in "iuf"]
    if wrong := [name for name in change.columns if name not in numbers]:
        known = ", ".join(map(str, numbers)) or "none"
        raise Invalid(
            f"{wrong[0]!r} is not a column of numbers that the model sees (there are: {known})"
        )
    return list(change.columns) or numbers


def _perturbed(values: Floats, change: Perturbation, *, place: int) -> Floats:
    world = np.random.default_rng([change.seed, place])
    spread = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
    if change.kind == "noise":
        return values + change.amount * spread * world.normal(size=values.size)
    if change.kind == "shift":
        return values + change.amount * spread
    return np.where(world.random(values.size) < change.amount, np.nan, values)
