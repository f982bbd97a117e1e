"""From a question to a recorded snapshot of its answer."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager

from cairn.core.run import Scalar
from cairn.core.snapshot import Query, Sampling, SnapshotInfo
from cairn.data.databases.ordered import check_order
from cairn.data.databases.question import Question, read_question
from cairn.data.databases.result import Result
from cairn.data.files import check_name
from cairn.data.frames import record_table
from cairn.data.tables.parquet import store_table
from cairn.project import Project

_LONGEST_SHOWN = 500


def snapshot_query(
    project: Project,
    uri: str,
    *,
    order: tuple[str, ...] | None = None,
    parameters: Mapping[str, Scalar] | None = None,
    name: str | None = None,
    sampling: Sampling | None = None,
) -> SnapshotInfo:
    """Freeze the result of a query: `postgresql://host/shop?query=SELECT ...&order_by=id`.

    All rows are of one moment, whoever writes meanwhile; they pass by in bounded memory. They
    are sorted by `order`, whose columns must tell them apart; `()` sorts by all columns.
    Raises `NotFound`, `Forbidden`, `Unavailable` for the database, `Invalid` for the query and
    for values that have no place in Parquet, `Refused` for a query that would write.
    """
    check_name(name)
    question = read_question(uri, order=order, parameters=parameters or {})
    with _ask(question) as result:
        rows = (
            check_order(result.batches, question.order) if question.order else result.batches
        )
        stored = store_table(project.objects, rows, result.schema, what=question.place)
    shown = re.sub(r"\s+", " ", question.query)[:_LONGEST_SHOWN]

    def source(**table: object) -> Query:
        return Query(
            engine=question.engine,
            query=question.query,
            isolation=result.isolation,
            order=question.order,
            parameters=dict(question.parameters),
            **table,  # pyright: ignore[reportArgumentType] (tree and table)
        )

    return record_table(
        project,
        stored,
        source,
        origin=f"{question.place} ({result.moment}): {shown}",
        name=name,
        sampling=sampling,
    )


def _ask(question: Question) -> AbstractContextManager[Result]:
    match question.engine:
        case "postgresql":
            from cairn.data.databases.postgresql import ask
        case "sqlite":
            from cairn.data.databases.sqlite import ask
        case "duckdb":
            from cairn.data.databases.duck import ask
    return ask(question)
