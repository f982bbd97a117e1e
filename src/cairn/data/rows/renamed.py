"""Columns of an Iceberg table by their field ids: older files have the names of then."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from cairn.core.errors import Invalid

MAPPING = "schema.name-mapping.default"


class Called(NamedTuple):
    """A column's names in files of all times, and its field ids."""

    names: frozenset[str]
    ids: frozenset[int]


def called(metadata: Mapping[str, bytes], column: str) -> Called:
    """Return what a column of a table is and was called, by its files of metadata.

    Raises `Invalid` for a file that is none.
    """
    found = [field for name, content in metadata.items() for field in _fields(name, content)]
    ids = frozenset(number for number, name in found if name == column)
    return Called(frozenset(name for number, name in found if number in ids), ids)


def _fields(name: str, metadata: bytes) -> Iterator[tuple[int, str]]:
    """Yield id and name of each field of each schema and of the mapping of names."""
    try:
        content = json.loads(metadata)
        mapping = content.get("properties", {}).get(MAPPING, "[]")
        waiting: list[Any] = [
            content.get("schemas"),
            content.get("schema"),
            json.loads(mapping),
        ]
    except (ValueError, AttributeError, RecursionError) as error:
        raise Invalid(f"{name} is not metadata of an Iceberg table") from error
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            members = cast("dict[str, Any]", each)
            yield from _names(members)
            waiting += members.values()
        elif isinstance(each, list):
            waiting += cast("list[Any]", each)


def _names(members: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    number = members.get("id", members.get("field-id"))
    names = members.get("names", [members.get("name")])
    if isinstance(number, int) and isinstance(names, list):
        each = cast("list[Any]", names)
        yield from ((number, name) for name in each if isinstance(name, str))
