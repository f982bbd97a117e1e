"""A held-out set as a table for people and `cairn evaluate`, beside its exact form."""

from pathlib import Path

from cairn.core.errors import CairnError
from cairn.data.features import as_table
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
    table = as_table(features)
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
