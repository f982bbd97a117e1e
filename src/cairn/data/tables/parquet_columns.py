"""The columns of a table in Parquet, as labels are read and as models are shown them.

A column has the kind that a CSV file of the same values would have; a model is shown what
`pandas.read_parquet` gives, so that it sees what its training script saw.
"""

import io
import json
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cairn.data.tables.arrow import Array, ArrowTable, arrow
from cairn.data.tables.column import Column, Kind
from cairn.data.tables.parquet import arrow_errors

_INDEX = re.compile(r"__index_level_\d+__")  # how pandas calls an index without a name


def read_parquet_columns(files: Iterable[bytes], *, name: str) -> tuple[Column, ...]:
    """Read all columns of files that together are one table, without an unnamed index.

    Raises `Invalid` for what is not a whole Parquet file.
    """
    with arrow_errors(name, "a whole Parquet file"):
        parquet = arrow("parquet")
        tables = [
            parquet.ParquetFile(io.BytesIO(one), page_checksum_verification=True).read()
            for one in files
        ]
        whole = _without_index(arrow().concat_tables(tables))
        return columns_of(whole)


def columns_of(table: ArrowTable) -> tuple[Column, ...]:
    """Return the columns of a table, without an unnamed index."""
    return tuple(
        _column(column, table.select([at]))
        for at, column in enumerate(table.column_names)
        if not _INDEX.fullmatch(column)
    )


def _without_index(table: ArrowTable) -> ArrowTable:
    """Let the columns that pandas takes for an index be columns; types stay as they were."""
    metadata: dict[bytes, bytes] = table.schema.metadata or {}
    if b"pandas" not in metadata:
        return table
    about: dict[str, Any] = {**json.loads(metadata[b"pandas"]), "index_columns": []}
    return table.replace_schema_metadata({b"pandas": json.dumps(about).encode()})


def _column(name: str, table: ArrowTable) -> Column:
    values: Array = table.column(0)
    plain = values.cast(values.type.value_type) if _is_dictionary(values) else values
    missing: NDArray[np.bool_] = plain.is_null(nan_is_null=True).to_numpy()
    kind, array = _converted(plain)
    return Column(name, kind, array, missing, as_read=table)


def _converted(values: Array) -> tuple[Kind, NDArray[Any]]:
    pa = arrow()
    is_a = pa.types
    if is_a.is_boolean(values.type):
        return "bool", values.fill_null(fill_value=False).to_numpy().astype(np.bool_)
    if is_a.is_uint64(values.type):
        return "int", values.fill_null(0).to_numpy()
    if is_a.is_integer(values.type):
        return "int", values.cast(pa.int64()).fill_null(0).to_numpy()
    if is_a.is_floating(values.type) or is_a.is_decimal(values.type):
        return "float", values.cast(pa.float64()).fill_null(np.nan).to_numpy()
    if is_a.is_null(values.type):
        return "float", np.full(len(values), np.nan)
    texts = ["" if value is None else str(value) for value in values.to_pylist()]
    return "text", np.array(texts, dtype=object)


def _is_dictionary(values: Array) -> bool:
    return bool(arrow().types.is_dictionary(values.type))
