"""Shapes of JSON values, put together from smaller ones: a function that refuses others."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any], None]


class Wrong(Exception):
    """These bytes are not what the specification says."""


@dataclass(frozen=True)
class Default:
    """A field that is left out while it has this value."""

    check: Check
    value: Any


@dataclass(frozen=True)
class Fields:
    """An object with exactly these fields."""

    fields: dict[str, Check | Default]

    def __call__(self, value: Any) -> None:
        """Refuse missing and unknown fields, and defaults that are spelled out."""
        demand(
            type(value) is dict and not value.keys() - self.fields.keys(),
            "unknown field",
            value,
        )
        for name, field in self.fields.items():
            if name not in value:
                demand(isinstance(field, Default), "missing field", name)
            elif isinstance(field, Default):
                demand(value[name] != field.value, "default is spelled out", name)
                field.check(value[name])
            else:
                field(value[name])


def demand(holds: bool, what: str, value: object) -> None:
    """Raise `Wrong` unless `holds`."""
    if not holds:
        raise Wrong(f"{what}: {value!r}")


def record(**fields: Check | Default) -> Fields:
    """Describe an object."""
    return Fields(fields)


def union(**kinds: Fields) -> Check:
    """Describe an object whose field `type` says which one it is."""

    def check(value: Any) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            raise Wrong(f"unknown type: {value!r}")
        kinds[kind]({name: value[name] for name in value if name != "type"})

    return check


def text(pattern: str = r"(?s).*", most: int | None = None) -> Check:
    """Describe a string; `most` counts Unicode code points."""

    def check(value: Any) -> None:
        demand(type(value) is str and re.fullmatch(pattern, value) is not None, "text", value)
        demand(most is None or len(value) <= most, "too long", value)

    return check


def number(low: float = -1e400, high: float = 1e400, *, strict: bool = False) -> Check:
    """Describe a double from `low` to `high`; `strict` leaves out the ends."""

    def check(value: Any) -> None:
        demand(type(value) in (int, float), "not a number", value)
        inside = low < value < high if strict else low <= value <= high
        demand(inside, "out of range", value)

    return check


def both(*checks: Check) -> Check:
    """Describe what every one of `checks` accepts."""

    def check(value: Any) -> None:
        for each in checks:
            each(value)

    return check


def within(*, above: float, most: float) -> Check:
    """Describe a double that may reach its upper end only."""

    def check(value: Any) -> None:
        number()(value)
        demand(above < value <= most, "out of range", value)

    return check


def whole(low: int | None = None, high: int | None = None) -> Check:
    """Describe an integer."""

    def check(value: Any) -> None:
        demand(type(value) is int and (low is None or value >= low), "integer", value)
        demand(high is None or value <= high, "integer", value)

    return check


def word(*words: str) -> Check:
    """Describe one of a few words."""
    return lambda value: demand(type(value) is str and value in words, "unknown word", value)


def either(text: Check, array: Check) -> Check:
    """Describe a string, or an array."""
    return lambda value: (text if type(value) is str else array)(value)


def many(item: Check, least: int = 0, most: int | None = None) -> Check:
    """Describe an array."""

    def check(value: Any) -> None:
        demand(type(value) is list and len(value) >= least, "array", value)
        demand(most is None or len(value) <= most, "too many", value)
        for each in value:
            item(each)

    return check


def table(item: Check) -> Check:
    """Describe an object with free names."""

    def check(value: Any) -> None:
        demand(type(value) is dict, "object", value)
        for each in value.values():
            item(each)

    return check


def pair(value: Any) -> None:
    """Describe a name and a type."""
    many(text(), 2, 2)(value)


def scalar(value: Any) -> None:
    """Describe null, a truth value, a number or a string."""
    demand(value is None or type(value) in (bool, int, float, str), "scalar", value)


def truth(value: Any) -> None:
    """Describe a truth value."""
    demand(type(value) is bool, "truth value", value)


def nullable(item: Check) -> Check:
    """Describe something that may be null, and is then written so."""
    return lambda value: None if value is None else item(value)


def absent(item: Check) -> Default:
    """Describe a field that is left out where there is nothing to say."""
    return Default(item, None)


def anything(value: Any) -> None:
    """Describe any JSON value."""
