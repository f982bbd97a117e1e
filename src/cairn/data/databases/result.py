"""What a database answers with."""

from collections.abc import Generator
from typing import Literal, NamedTuple

from cairn.data.tables.arrow import Batch, Schema


class Result(NamedTuple):
    """The rows of a query, read while the transaction is open.

    `isolation` is what keeps them of one moment, and `moment` says which one, for people.
    """

    schema: Schema
    batches: Generator[Batch]
    isolation: Literal["repeatable read", "serializable", "snapshot"]
    moment: str
