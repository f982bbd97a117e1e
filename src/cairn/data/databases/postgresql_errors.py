"""What PostgreSQL's errors mean for whoever asked: by SQLSTATE, or by the words before one."""

from typing import Any

from cairn.core.errors import (
    CairnError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Unavailable,
    first_line,
)
from cairn.data.databases.question import Question

_STATES: dict[str, tuple[type[CairnError], str]] = {
    "42P01": (NotFound, "look for the table's name"),
    "3F000": (NotFound, "look for the schema's name"),
    "3D000": (NotFound, "look for the database's name"),
    "42501": (Forbidden, "ask its owner for SELECT on it"),
    "40001": (Conflict, "take the snapshot again"),
    "40P01": (Conflict, "take the snapshot again"),
}
_LOGIN = ("password", "authentication", "pg_hba.conf", "role ")


def translated(error: Any, question: Question) -> CairnError:
    """Return the error that says what to do."""
    text = first_line(error).removeprefix("connection failed: ")
    state = error.sqlstate or ""
    if state == "25006":
        return Refused(
            f"{question.place}: the query would change the database: {text}",
            fix="ask with SELECT",
        )
    if state in _STATES:
        kind, fix = _STATES[state]
        return kind(f"{question.place}: {text}; {fix}")
    if not state or state.startswith(("08", "28", "53", "57", "58")):
        return _connection(text, question)
    return Invalid(f"{question.place}: {text}")


def _connection(text: str, question: Question) -> CairnError:
    if "does not exist" in text and "database" in text:
        return NotFound(f"{question.place}: {text}")
    if any(word in text for word in _LOGIN):
        return Forbidden(
            f"{question.place} does not let you in: {text}; set PGPASSWORD or write the "
            "password to ~/.pgpass, and never to the URI of a script"
        )
    return Unavailable(f"{question.place} does not answer: {text}")
