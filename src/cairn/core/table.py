"""Tables: what a logical digest is taken over, and what a column looks like at a glance."""

from typing import Annotated

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.request import Record
from cairn.core.snapshot import Count, TableFacts

MOST_COUNTED = 1_000
"""Up to so many different values are counted; beyond that their number is an estimate."""


class LogicalColumn(Record, frozen=True):
    """A column's name, its logical type, and the digest of its values."""

    name: str
    type: str
    values: Digest


class LogicalTable(Record, frozen=True, tag_field="cairn", tag="logical/1"):
    """Schema and values of a table; the digest of this record is its logical digest."""

    rows: Count
    columns: tuple[LogicalColumn, ...]


class ValueCount(Record, frozen=True):
    """A value, spelled as text, and in how many rows it is."""

    value: Annotated[str, Meta(max_length=200)]
    rows: Count


class ColumnProfile(Record, frozen=True):
    """What a column looks like; the numbers of a column that has none are absent.

    `values` is the digest of its values, `distinct` an estimate (within 7 percent in 19 of 20
    columns) unless it is 1,000 or less. `low` and `high` are its least and greatest value as
    text. Mean and deviation (dividing by the number of values) leave out NaN and infinities,
    and so do `quantiles`: 21 of them, from 0 to 100 percent, of up to 4,096 rows chosen by
    their number. `top` lists the most frequent values if there are at most 1,000.
    """

    values: Digest
    distinct: Count
    nans: Count = 0
    low: str | None = None
    high: str | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[float, ...] = ()
    top: tuple[ValueCount, ...] = ()


class TableProfile(Record, frozen=True):
    """One table of a snapshot: what it holds, and how each of its columns looks.

    `path` is where it lies in the snapshot's tree; `columns` are in the order of the facts',
    and a table of more than 1,000 columns has none, nor has one that is pinned.
    """

    path: str
    facts: TableFacts
    columns: tuple[ColumnProfile, ...]


class Profile(Record, frozen=True, tag_field="cairn", tag="profile/1"):
    """The tables of a snapshot at a glance."""

    tables: tuple[TableProfile, ...]
