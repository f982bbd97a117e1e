"""Tell installed listeners of every change, after it was committed.

1. What a listener does is nothing to the change: that stands, and was answered.
2. Each is told of every entry at least once, in order, from the first change after it was
   installed. One that fails is told again, from the same entry, after the next change.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from cairn.core.ledger import Entry
from cairn.engine import ledger
from cairn.sql.database import Database

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "cairn.notifiers"
MOST = 1000
"""How many entries a listener is told of after one change, if it lagged behind."""
Listener = Callable[[Entry], object]


def tell(database: Database, newest: Entry) -> None:
    """Tell every listener of what it was not told of; one that fails is only warned of."""
    for point in installed():
        try:
            _tell(database, point, newest)
        except Exception as error:  # noqa: BLE001 (whatever it raises, the change stands)
            import logging

            logging.getLogger(__name__).warning(
                "recorded, but the listener %s failed (%s: %s); it is told again after the "
                "next change",
                point.name,
                type(error).__name__,
                error,
            )


@cache
def installed() -> "tuple[EntryPoint, ...]":
    """Find the listeners of this environment, by name."""
    from importlib.metadata import entry_points

    return tuple(sorted(entry_points(group=GROUP), key=lambda point: point.name))


def _tell(database: Database, point: "EntryPoint", newest: Entry) -> None:
    name = f"{point.dist.name if point.dist else ''}:{point.name}"
    with database.reading() as tx:
        row = tx.one("listener_next", name=name)
        told = row.next if row else newest.seq
        until = min(ledger.size(tx), told + MOST)
        entries = [ledger.read(tx, seq) for seq in range(told, until)]
    try:
        listener: Listener = point.load()
        for entry in entries:
            listener(entry)
            told = entry.seq + 1
    finally:
        if row is None or told > row.next:
            with database.writing() as tx:
                tx.run("listener_told", name=name, next=told)
