"""Plain JSON values as RFC 8785 writes them, which for large records is most of their cost.

Containers and texts are written here, a few times as fast as the package `rfc8785` does; what
is rare or delicate (fractions, integers that are too large, other types) is left to it.
"""

from json.encoder import encode_basestring  # escapes what RFC 8785 escapes, and as it does
from typing import Any, cast

import rfc8785

_SAFE = 2**53 - 1
_NAMED = {None: "null", True: "true", False: "false"}


def spelled(value: Any) -> bytes:
    """Write plain values; raises what `rfc8785.dumps` raises for what cannot be written."""
    parts: list[str] = []
    _spell(value, parts)
    try:
        return "".join(parts).encode()
    except UnicodeEncodeError:
        return rfc8785.dumps(value)  # which says what is wrong


def _spell(value: Any, parts: list[str]) -> None:
    if type(value) is str:
        parts.append(encode_basestring(value))
    elif type(value) is dict:
        _spell_object(cast("dict[Any, Any]", value), parts)
    elif type(value) in (list, tuple):
        _spell_array(value, parts)
    elif type(value) is int and -_SAFE <= value <= _SAFE:
        parts.append(str(value))
    elif value is None or type(value) is bool:
        parts.append(_NAMED[value])
    else:
        parts.append(rfc8785.dumps(value).decode())


def _spell_array(values: Any, parts: list[str]) -> None:
    between = "["
    for value in values:
        parts.append(between)
        _spell(value, parts)
        between = ","
    parts.append("]" if values else "[]")


def _spell_object(members: dict[Any, Any], parts: list[str]) -> None:
    between = "{"
    for name in _in_order(members):
        parts += (between, encode_basestring(name), ":")
        _spell(members[name], parts)
        between = ","
    parts.append("}" if members else "{}")


def _in_order(members: dict[Any, Any]) -> list[str]:
    """Sort names by their UTF-16: while all are ASCII, that is the order of characters."""
    try:
        if "".join(members).isascii():
            return sorted(members)
    except TypeError as error:
        raise rfc8785.CanonicalizationError("object keys must be strings") from error
    return sorted(members, key=lambda name: name.encode("utf-16be"))
