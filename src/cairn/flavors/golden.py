"""Golden predictions: a few example rows and what the model said to them, kept with the model.

A model that is loaded later, or elsewhere, must give the same answers; bit for bit, unless a
tolerance is declared. The folder holds `inputs/` (a table), `outputs.npy` and `golden.json`,
which is written last.
"""

from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Corrupt, Invalid, Refused
from cairn.core.request import Record
from cairn.core.words import counted
from cairn.flavors.choose import flavor_scoring
from cairn.flavors.disk import disk_errors
from cairn.flavors.frames.frame import read_frame, row_count, take_rows, write_frame
from cairn.flavors.frames.npy import read_array, write_array
from cairn.flavors.scoring import as_array, method_of

ROWS = 32
HEADER = "golden.json"


class Golden(Record, frozen=True, tag_field="cairn", tag="golden/1"):
    """How the golden outputs were made, and by how much each number may differ (absolute)."""

    method: str
    rows: Annotated[int, Meta(ge=1)]
    tolerance: Annotated[float, Meta(ge=0)] = 0.0


@disk_errors()
def make_golden(
    model: object, inputs: Any, directory: Path, *, method: str = "", tolerance: float = 0.0
) -> Golden:
    """Store up to 32 rows spread evenly over `inputs`, and the model's answers to them.

    The answers are given to the rows as read back from the files: what a later check will do.
    Raises `Invalid` if there are no rows, and `Refused` if two answers to them differ.
    """
    count = row_count(inputs)
    if count == 0:
        raise Invalid("golden predictions need example inputs, and there are no rows")
    golden = Golden(
        method=method or method_of(model), rows=min(ROWS, count), tolerance=tolerance
    )
    rows = [number * count // golden.rows for number in range(golden.rows)]
    directory.mkdir(parents=True, exist_ok=True)
    write_frame(take_rows(inputs, rows), directory / "inputs")
    stored = read_frame(directory / "inputs")
    outputs = _score(model, stored, golden)
    _compare(outputs, _score(model, stored, golden), golden)
    write_array(outputs, directory / "outputs.npy")
    (directory / HEADER).write_bytes(canonical(golden))
    return golden


def check_golden(model: object, directory: Path) -> Golden:
    """Score the golden inputs again and compare.

    Raises `Refused` with the first row that differs and by how much, and `Corrupt` if the
    stored files cannot be read.
    """
    golden = read_golden(directory)
    expected = read_array(directory / "outputs.npy")
    if len(expected) != golden.rows:
        raise Corrupt(f"{directory} has {len(expected)} golden outputs, not {golden.rows}")
    inputs = read_frame(directory / "inputs")
    try:
        found = _score(model, inputs, golden)
    except Invalid as error:
        raise Refused(f"the golden predictions cannot be made again: {error}") from error
    _compare(expected, found, golden)
    return golden


def read_golden(directory: Path) -> Golden:
    """Read how a golden folder was made; raises `Corrupt` if it is not there or unfinished."""
    try:
        return from_canonical((directory / HEADER).read_bytes(), Golden)
    except OSError as error:
        raise Corrupt(f"{directory} has no {HEADER}: no golden predictions there") from error


def _score(model: object, inputs: Any, golden: Golden) -> Any:
    outputs = as_array(flavor_scoring(model).score(model, inputs, method=golden.method))
    if len(outputs) != golden.rows:
        raise Invalid(
            f"{golden.method} gave {counted(len(outputs), 'answer')} to "
            f"{counted(golden.rows, 'row')}"
        )
    return outputs


def _compare(expected: Any, found: Any, golden: Golden) -> None:
    import numpy as np

    if expected.shape != found.shape or expected.dtype.kind != found.dtype.kind:
        raise Refused(
            f"golden predictions differ: {golden.method} gives {found.dtype} of shape "
            f"{found.shape}, recorded was {expected.dtype} of shape {expected.shape}"
        )
    numeric = expected.dtype.kind in "fc"
    same = (
        np.isclose(expected, found, rtol=0, atol=golden.tolerance, equal_nan=True)
        if numeric
        else expected == found
    )
    wrong = np.flatnonzero(~same.reshape(golden.rows, -1).all(axis=1))
    if len(wrong) == 0:
        return
    row = int(wrong[0])
    apart = (
        f" by {_distance(expected[row], found[row]):.3g}"
        if expected.dtype.kind in "biufc"
        else ""
    )
    raise Refused(
        f"golden predictions differ in {len(wrong)} of {golden.rows} rows, first in row {row}"
        f"{apart}: {golden.method} gives {found[row]}, recorded was {expected[row]} "
        f"(allowed: {golden.tolerance:g})",
        fix="load it with the library versions that the version's environment names",
    )


def _distance(expected: Any, found: Any) -> float:
    import numpy as np

    return float(np.max(np.abs(found.astype(complex) - expected.astype(complex))))
