"""YAML as people write it by hand, and nothing more, with the place of every value.

1. Mappings, lists, text, numbers, `true`, `false` and `null`, spelled as in YAML 1.2: `no` and
   `1:30` are text, and `1e3` is a number.
2. No anchors, aliases, merges, tags, doubled keys, NaN or infinity; one document; bounded size
   and depth. What is refused is refused with its line and column.
"""

import re
from collections.abc import Hashable
from typing import Any, NamedTuple, NoReturn, cast

import yaml

from cairn.core.errors import Invalid

MOST_CHARACTERS = 100_000
DEEPEST = 12

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN)")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_LONGEST_NUMBER = 40


class Place(NamedTuple):
    """Where something stands, counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        """Say it as compilers do."""
        return f"line {self.line}, column {self.column}"


class Document(NamedTuple):
    """A document's value, and where each part of it stands.

    `places` are the places of values, `keys` those of the keys that lead to them.
    """

    value: Any
    places: dict[Path, Place]
    keys: dict[Path, Place]


def read(text: str) -> Document:
    """Read one document; raises `Invalid` with line and column for anything unexpected."""
    if len(text) > MOST_CHARACTERS:
        raise Invalid(f"{len(text):,} characters are too many, at most {MOST_CHARACTERS:,}")
    document = Document(None, {}, {})
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        what = ", ".join(part for part in (error.context, error.problem) if part)
        _refuse(what, error.problem_mark or error.context_mark)
    except yaml.YAMLError as error:
        raise Invalid(" ".join(str(error).split())) from error
    if node is None:
        raise Invalid("the file is empty")
    return document._replace(value=_value(node, (), document))


class _Loader(yaml.SafeLoader):
    """Composes nodes as the safe loader does, without what this subset leaves out."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases, anchors and tags where they begin, before anything is expanded."""
        event = cast("Any", self).peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(
                "anchors and aliases are not allowed: write the value out", event.start_mark
            )
        if getattr(event, "tag", None):
            _refuse(f"tags such as {event.tag} are not allowed", event.start_mark)
        self.depth += 1
        if self.depth > DEEPEST:
            _refuse(f"nested deeper than {DEEPEST} levels", event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _value(node: yaml.Node, path: Path, document: Document) -> Any:
    document.places[path] = _place(node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_value(part, (*path, i), document) for i, part in enumerate(node.value)]
    return _scalar(cast("yaml.ScalarNode", node))


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, part in node.value:
        name: Hashable = _scalar(key) if isinstance(key, yaml.ScalarNode) else None
        if not isinstance(name, str) or name == "<<":
            _refuse("a key must be a plain word", key.start_mark)
        if name in values:
            first = document.keys[*path, name]
            _refuse(f"{name!r} stands twice, first in {first}", key.start_mark)
        document.keys[*path, name] = _place(key.start_mark)
        values[name] = _value(part, (*path, name), document)
    return values


def _scalar(node: yaml.ScalarNode) -> str | float | bool | None:
    text: str = node.value
    if node.style is not None:  # quoted or block: always text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        _refuse(f"{text} is not a number that a check can be held against", node.start_mark)
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return _decimal(text, node)
    return text


def _decimal(text: str, node: yaml.ScalarNode) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _refuse(f"{text} is too large a number", node.start_mark)
    return number


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _refuse(what: str, mark: Any) -> NoReturn:
    where = f"{_place(mark)}: " if mark is not None else ""
    raise Invalid(f"{where}{what}")
