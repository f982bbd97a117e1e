"""The door to PyArrow, which is an extra and comes without types."""

from importlib import import_module
from typing import Any

from cairn.core.errors import Invalid
from cairn.installed import installs

Schema = Any
"""A `pyarrow.Schema`; the names below are PyArrow's classes as well."""
DataType = Any
Field = Any
Array = Any
Batch = Any
ArrowTable = Any
Frame = Any
"""Whatever holds a table in memory: a frame of pandas or Polars, a table of Arrow."""


def arrow(part: str = "") -> Any:
    """Import `pyarrow`, or a part: `arrow("parquet")`; `Invalid` if it is not installed."""
    try:
        import pyarrow as pa

        whole: Any = pa
        return import_module(f"pyarrow.{part}") if part else whole
    except ImportError as error:
        raise Invalid(
            f"tables need PyArrow, which is not installed: {installs('table')}"
        ) from error
