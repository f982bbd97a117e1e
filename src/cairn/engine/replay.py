"""Replay the ledger: make every view again from the entries alone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cairn.core.errors import CairnError, Corrupt
from cairn.core.ledger import Entry, Problem
from cairn.engine import ledger
from cairn.engine.actions import ACTIONS
from cairn.engine.context import Context
from cairn.sql.database import Database, Row, Transaction

NO_VIEWS = ("ledger_entry", "ledger_node", "ledger_checkpoint", "listener")
"""Tables that entries do not give: these are the entries, or say who was told of them."""


def apply(context: Context, entries: Iterable[Entry]) -> None:
    """Write entries and their views into an empty database."""
    for entry in entries:
        action = ACTIONS.get(entry.action)
        if action is None:
            raise Corrupt(
                f"ledger entry {entry.seq} does {entry.action!r}, which this Cairn does not "
                "know; a newer one wrote it"
            )
        ledger.insert(context.tx, entry)
        action.apply(context, entry)


def compare(context: Context, entries: Sequence[Entry]) -> list[Problem]:
    """Name every row of a view that differs from what the entries give."""
    memory = Database(None)
    try:
        with memory.writing() as tx:
            try:
                apply(replace(context, tx=tx), entries)
            except CairnError as error:
                return [Problem(place="replay", reason=str(error))]
            return [
                problem
                for table in context.tx.tables()
                if table not in NO_VIEWS
                and (table != "migration" or context.tx.dialect == tx.dialect)
                for problem in _differences(table, context.tx, tx)
            ]
    finally:
        memory.close()


def _differences(table: str, stored: Transaction, expected: Transaction) -> Iterable[Problem]:
    there, wanted = stored.table(table), expected.table(table)
    for facts in sorted(there.keys() - wanted.keys(), key=repr):
        yield Problem(
            place=f"{table} {_key(there[facts])}", reason="the ledger does not give this row"
        )
    for facts in sorted(wanted.keys() - there.keys(), key=repr):
        yield Problem(
            place=f"{table} {_key(wanted[facts])}",
            reason="the ledger gives a row that is not there",
        )


def _key(row: Row) -> str:
    return " ".join(str(value) for value in tuple(row)[:3])
