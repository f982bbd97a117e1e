"""A held-out set as a table for people and `cairn evaluate`, beside its exact form."""

from pathlib import Path
from typing import Any

from cairn.core.errors import CairnError
from cairn.flavors import read_frame

FILE = "data.csv"


def add_readable_table(folder: Path, *, label: str) -> None:
    """Write `data.csv` beside `features` and `labels`, if they are a table.

    The index is a column, unless it only counts; numbers keep every digit.
    """
    try:
        features = read_frame(folder / "features")
        labels = read_frame(folder / "labels")
    except CairnError:  # of a kind that this environment cannot read: the exact form is there
        return
    table = _as_table(features)
    values = getattr(labels, "to_numpy", lambda: labels)()
    if table is None or label in table.columns or getattr(values, "ndim", 1) != 1:
        return
    counts = type(table.index).__name__ == "RangeIndex"
    name = str(table.index.name or "id")
    table = table.assign(**{label: values})
    if not counts and name not in table.columns:
        table.index = table.index.set_names([name])
        table = table.reset_index()
    table.to_csv(folder / FILE, index=False, lineterminator="\n")


def _as_table(features: Any) -> Any:
    """Return a copy as a DataFrame with names of text; None for what has no two dimensions."""
    if hasattr(features, "columns"):
        return features.rename(columns=str)
    shape = getattr(features, "shape", ())
    if len(shape) != 2 or not hasattr(features, "strides"):  # noqa: PLR2004 (rows and columns)
        return None
    from pandas import DataFrame

    return DataFrame(features, columns=[f"x{number}" for number in range(shape[1])])
