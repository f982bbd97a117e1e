"""Numbered migrations, each applied once; a database from the future is refused."""

import hashlib
from pathlib import Path

from cairn.core.errors import Invalid
from cairn.sql.driver import Session

_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
  number INTEGER PRIMARY KEY,
  digest TEXT NOT NULL
)
"""


def apply(session: Session, dialect: str) -> None:
    """Bring the schema up to date; the caller has the turn to write."""
    session.execute(_TABLE)
    done = {row.number for row in session.execute("SELECT number FROM migration")}
    known = _published(dialect)
    if newer := sorted(done - known.keys()):
        raise Invalid(
            f"this store was written by a newer Cairn (schema {newer[-1]}, this one knows "
            f"{max(known)}); upgrade Cairn to open it"
        )
    for number in sorted(known.keys() - done):
        _apply_one(session, number, known[number])


def _published(dialect: str) -> dict[int, str]:
    folder = Path(__file__).parent / "migrations" / dialect
    return {
        int(file.name.partition("_")[0]): file.read_text("utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    }


def _apply_one(session: Session, number: int, text: str) -> None:
    """Apply one migration whole or not at all."""
    session.begin(write=True)
    try:
        for statement in text.split(";\n"):
            if statement.strip():
                session.execute(statement)
        session.execute(
            "INSERT INTO migration (number, digest) VALUES (:number, :digest)",
            {"number": number, "digest": hashlib.sha256(text.encode()).hexdigest()},
        )
        session.commit()
    finally:
        session.roll_back()
