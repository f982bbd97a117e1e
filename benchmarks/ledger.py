"""What tamper evidence costs: ledger appends against plain inserts, equally durable."""

import os
import sqlite3
import statistics
import tempfile
from pathlib import Path

from peers import calls, machine, show

from cairn import identity
from cairn.core.digest import digest_bytes
from cairn.engine import ledger
from cairn.engine.context import Draft
from cairn.engine.local import LocalEngine
from cairn.engine.store import create
from cairn.engine.who import Who

COMMITS = 500
EVENT = b'{"action":"label.move","actor":"ada","after":3,"before":2}' + b" " * 212


def main() -> None:
    """Commit one event at a time, durably, in four ways."""
    print(machine())
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        os.environ["CAIRN_HOME"] = str(folder / "home")
        rows = {
            "plain insert, WAL, synchronous=FULL": plain(folder / "plain.db"),
            "ledger entry: tree and signature, no copy": appended(folder / "ledger"),
        }
        show(f"median of {COMMITS} commits of one event", rows)
        for name_of, seconds in rows.items():
            print(f"  {name_of:<44} {1 / seconds:10,.0f} commits/s")


def plain(path: Path) -> float:
    """Insert and commit without any ledger."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, body BLOB)")

    def insert(index: int) -> None:
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO event VALUES (?, ?)", (index, EVENT))
        database.execute("COMMIT")

    return statistics.median(calls(insert, count=COMMITS))


def appended(folder: Path) -> float:
    """Append a signed entry and commit, as the engine does."""
    store = create(folder)
    engine = LocalEngine(store, Who(identity.os_user()))
    key = store.key()
    request = digest_bytes(EVENT)

    def append(index: int) -> None:
        with store.database.writing() as tx:
            context = engine._context(tx, engine.who)  # noqa: SLF001 (what `send` does inside)
            draft = Draft(action="run.start", subject="default/churn@x", after={"n": index})
            ledger.append(context, draft, change_id=f"{index:032x}", request=request)
            ledger.sign(tx, store.about.origin, key)

    return statistics.median(calls(append, count=COMMITS))


if __name__ == "__main__":
    main()
