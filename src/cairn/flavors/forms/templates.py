"""Jinja templates, which fill values into a text, and can reach whatever these values know.

A template that names attributes can climb from any value to Python itself. So it is safe only
if each name behind a dot or in brackets is one of the harmless ones below, and each filter and
function too.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cairn.core.errors import Corrupt
from cairn.flavors.forms.names import words
from cairn.flavors.limits import OverLimit
from cairn.flavors.verdict import Verdict, listed, safe, unknown, unsafe

MAX_LENGTH = 1 << 20
MARKS = ("{{", "{%")

ATTRIBUTES = words(
    "append arguments capitalize content count description endswith extend find first",
    "function get id image image_url index index0 isdigit items keys last length lower",
    "lstrip name nextitem parameters previtem properties reasoning_content removeprefix",
    "removesuffix replace required revindex revindex0 role rstrip split splitlines",
    "startswith strip text title tool_call_id tool_calls type update upper url value",
    "values",
)
"""Names behind a dot that templates for chats use: parts of a message, methods of texts."""

CALLABLE = words(
    "abs batch bool capitalize count d default dict e escape first float int items join",
    "last length list lower max min namespace raise_exception range reject rejectattr",
    "replace reverse round safe select slice sort split strftime_now string sum title",
    "tojson trim truncate unique upper urlencode wordcount",
)
"""Filters and functions that compute, and touch nothing."""

_BEGIN = re.compile(r"\{[{%#]")
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>\d\w*)"""
    r"""|(?P<name>[^\W\d]\w*)|(?P<mark>\S))""",
    re.DOTALL,
)
_OPERATORS = words(
    "and call elif else filter for if in is not or recursive set",
)
_STATEMENTS = frozenset(["import", "include", "extends", "from", "raw"])
"""What brings in other templates, or hides where one ends."""
_NUMBERS = frozenset(("loop", "index", "index0", "length"))


class Reached(NamedTuple):
    """A name that a template reaches for, and whether that is how one climbs to Python."""

    name: str
    climbs: bool = False


def has_template(text: str) -> bool:
    """Tell whether a template engine would carry out a part of this text."""
    return any(mark in text for mark in MARKS)


def judge_template(text: str) -> Verdict:
    """Judge a template by the names that it reaches for."""
    if len(text) > MAX_LENGTH:
        raise OverLimit(f"a template is longer than {MAX_LENGTH} characters, Cairn's limit")
    try:
        blocks = list(_blocks(text))
    except Corrupt as error:
        return unknown("template", str(error))
    macros = {words[1] for words in blocks if words[:1] == ["macro"] and len(words) > 1}
    found = [one for words in blocks for one in _reached(words, CALLABLE | macros)]
    climbing = sorted({one.name for one in found if one.climbs})
    if climbing:
        return unsafe("template", f"a template reaches for {', '.join(listed(climbing))}")
    if found:
        names = listed(sorted({one.name for one in found}))
        return unknown("template", f"a template reaches for {', '.join(names)}")
    return safe("template")


def _blocks(text: str) -> Iterator[list[str]]:
    """Split what an engine would carry out into words, block by block, as Jinja does."""
    place = 0
    while begin := _BEGIN.search(text, place):
        if begin[0] == "{#":
            place = text.find("#}", begin.end())
            if place < 0:
                raise Corrupt("it has a template that does not end")
            continue
        words, place = _block(text, begin.end(), begin[0].translate({ord("{"): "}"})[::-1])
        yield words


def _block(text: str, place: int, end: str) -> tuple[list[str], int]:
    """Split one block; texts and brackets in it may hold what would end it."""
    words: list[str] = []
    depth = 0
    while True:
        token = _TOKEN.match(text, place)
        if token is None:
            raise Corrupt("it has a template that does not end")
        word = token[token.lastgroup or 0]
        begin = token.start(token.lastgroup or 0)
        if depth == 0 and text.startswith(end, begin):
            return words, begin + len(end)
        depth += (word in "([{") - (word in ")]}")
        if not (word in "-+" and (not words or text.startswith(end, token.end()))):
            words.append(word)
        place = token.end()


def _reached(words: list[str], callable_names: frozenset[str]) -> Iterator[Reached]:
    """Find what one block reaches for, except the harmless names."""
    if words and words[0] in _STATEMENTS:
        yield Reached(words[0])
    brackets: list[int] = []
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        after = words[place + 1] if place + 1 < len(words) else ""
        if word == "[":
            brackets.append(place)
        elif word == "]" and brackets:
            begin = brackets.pop()
            if begin and _is_value(words[begin - 1]):
                yield from _item(words[begin + 1 : place])
        elif word[0] in "'\"":
            if "__" in word or "\\" in word.replace("\\n", "").replace("\\t", ""):
                yield Reached(word[:40], climbs="__" in word or "\\x" in word)
        elif word[0].isalpha() or word[0] == "_":
            yield from _name(word, before, after, callable_names)


def _name(
    word: str, before: str, after: str, callable_names: frozenset[str]
) -> Iterator[Reached]:
    if word.startswith("_"):
        yield Reached(word, climbs=True)
    elif before == ".":
        if word not in ATTRIBUTES:
            yield Reached(f".{word}")
    elif before == "|":
        if word not in callable_names:
            yield Reached(f"the filter {word}", climbs=word == "attr")
    elif word == "attribute" or (after == "(" and word not in callable_names | _OPERATORS):
        yield Reached(word)


def _item(words: list[str]) -> Iterator[Reached]:
    """Look at what stands in brackets behind a value: a text there names an attribute too."""
    if len(words) == 1 and words[0][0] in "'\"":
        name = words[0][1:-1]
        if name.startswith("_") or "\\" in name:
            yield Reached(name, climbs=True)
        return
    odd = [w for w in words if not (w.isdigit() or w in _NUMBERS or w in ":-+.")]
    if odd:
        yield Reached(f"an item that it computes ({' '.join(words)[:40]})")


def _is_value(word: str) -> bool:
    return word[-1] in ")]}'\"" or (word.isidentifier() and word not in _OPERATORS)
