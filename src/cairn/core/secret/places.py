"""The table: where secrets may stand, how one is known there, and what becomes of it.

| place | what is a value under a name | then |
|---|---|---|
| a command line, a setting, a variable of the environment | secret by its name | replaced |
| a log, a message | the same | replaced |
| a file that a run wrote, notebook output | so, if it is unlike a word | replaced |
| uncommitted source | so, if it is a literal in quotes | the file is left out |
| data that a run read | nothing: columns have any name | replaced |
| a request to the registry | nothing | the request is refused |

In all of them forms of tokens, addresses and headers count. So does whatever is a secret in
another place of the same run (`known.py`): of data only in small files, and not of requests.
"""

import re
from typing import Literal, NamedTuple

from cairn.core.errors import Invalid
from cairn.core.secret import stretch
from cairn.core.secret.form import TOKEN, Found, tokens
from cairn.core.secret.name import hides, is_placeholder, is_tellable
from cairn.core.secret.pattern import Pattern
from cairn.core.secret.stretch import IN_ADDRESS, REDACTED, replaced

Named = Literal["any", "unlike words", "literals", "none"]
Then = Literal["replaced", "left out", "refused"]


class Place(NamedTuple):
    """How secrets are known in a place: `named` says which values under a name are some."""

    named: Named
    then: Then


PLACES = {
    "argument": Place("any", "replaced"),
    "setting": Place("any", "replaced"),
    "variable": Place("any", "replaced"),
    "log": Place("any", "replaced"),
    "message": Place("any", "replaced"),
    "output": Place("unlike words", "replaced"),
    "notebook output": Place("unlike words", "left out"),
    "source": Place("literals", "left out"),
    "data": Place("none", "replaced"),
    "request": Place("none", "refused"),
}
_LITERAL_LENGTH, _LONG = 6, 16
_LOGIN = Pattern(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<who>[^/@]*)@)?(?P<rest>.*)", re.DOTALL
)


def find(text: str, place: Place) -> list[Found]:
    """Find what is secret in a text of such a place; stretches may overlap."""
    found = [*tokens(text), *stretch.addresses(text)]
    match place.named:
        case "any":
            found += [*stretch.headers(text), *stretch.assignments(text)]
        case "unlike words":
            found += [*stretch.headers(text), *stretch.assignments(text, _unlike_words)]
        case "literals":
            found += stretch.assignments(text, _is_literal, quoted=True)
        case "none":
            found += [each for each in stretch.headers(text) if each.end - each.start >= _LONG]
    return found


def redact(text: str, place: Place = PLACES["message"]) -> str:
    """Take out of a text what is a secret by itself.

    Text without secrets is returned as it was; redacting twice changes nothing.
    """
    return replaced(text, find(text, place))


def redact_value(name: str, value: str) -> str:
    """Take the secret out of one named setting."""
    return REDACTED if hides(name, value) else redact(value)


def strip_login(url: str) -> str:
    """Return a repository's URL without user and password; a login name for SSH stays."""
    found = _LOGIN.match(url)
    if found is None:
        return redact(url)
    login = (found["who"] or "").partition(":")[0]
    who = f"{login}@" if login and found["scheme"].lower().endswith("ssh") else ""
    return redact(f"{found['scheme']}://{who}{found['rest']}")


def kind_of(found: list[Found]) -> str | None:
    """Say of what kind the first secret is; None if there is none."""
    return min(found).kind if found else None


def require_plain(what: str, source: bytes) -> None:
    """Raise `Invalid` for a source that is kept as it is, with a secret in it."""
    if kind := kind_of(find(source.decode(errors="replace"), PLACES["source"])):
        raise Invalid(
            f"{what} is kept as it is, and seems to hold {kind}: let it read that from the "
            "environment"
        )


def _unlike_words(name: str, value: str) -> bool:
    return hides(name, value) and is_tellable(value)


def _is_literal(name: str, value: str) -> bool:
    """Tell a value that somebody wrote down from a placeholder or a sentence."""
    return (
        len(value) >= _LITERAL_LENGTH
        and not any(char.isspace() for char in value)
        and not is_placeholder(value)
        and hides(name, value)
    )


__all__ = [
    "IN_ADDRESS",
    "PLACES",
    "REDACTED",
    "TOKEN",
    "Place",
    "find",
    "kind_of",
    "redact",
    "redact_value",
    "require_plain",
    "strip_login",
]
