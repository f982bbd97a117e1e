"""The pieces of the page. Whatever came with the data is escaped here, and only here.

The page is HTML and well-formed XML at once, so that any parser reads it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from html import escape

from cairn.core.gate import Outcome
from cairn.plots import svg

WORDS: dict[Outcome, str] = {
    "pass": "pass",
    "fail": "FAIL",
    "inconclusive": "open",
    "not-applicable": "n/a",
}
COLOURS: dict[Outcome, str] = {
    "pass": "#1a7f37",
    "fail": svg.ALARM,
    "inconclusive": "#8a6100",
    "not-applicable": svg.BEFORE,
}
_DIGITS = 4
_CODE = re.compile("`([^`]+)`")


def plain(words: str) -> str:
    """Escape words, without characters that do not print."""
    return escape("".join(char if char.isprintable() else " " for char in words))


def prose(words: str) -> str:
    """Escape a sentence; what it puts between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", plain(words))


def badge(outcome: Outcome) -> str:
    """Write an outcome, so that neither colour alone nor the word alone says it."""
    return f'<b class="badge {outcome}">{WORDS[outcome]}</b>'


def number(value: float, *, sign: bool = False, places: int = _DIGITS) -> str:
    """Write a number to some places; the page keeps all of its digits beside them."""
    said = f"{value:,.{places}f}"
    if float(said.replace(",", "")) == 0:
        said = said.removeprefix("-")
    elif sign and value > 0:
        said = f"+{said}"
    return f'<data value="{value!r}">{said}</data>'


def probability(value: float) -> str:
    """Write a p-value; below what four digits show, that it is below."""
    said = "&lt;0.0001" if value < 0.0001 else f"{value:.4f}"  # noqa: PLR2004 - four digits
    return f'<data value="{value!r}">{said}</data>'


def whole(value: int) -> str:
    """Write a count."""
    return f'<data value="{value}">{value:,}</data>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out cells that are HTML already; a phone shows each row as a list of its cells."""
    names = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, head, row))}</tr>" for row in rows)
    return (
        f'<table class="wide"><thead><tr>{names}</tr></thead>\n<tbody>{body}</tbody></table>'
    )


def _cell(name: str, cell: str) -> str:
    return f'<td data-name="{name}">{cell}</td>'


def numbers(value: object) -> str:
    """Put the numbers that a picture is drawn of below it, as JSON."""
    said = plain(json.dumps(value, ensure_ascii=True, allow_nan=False))
    return (
        f'<details><summary>numbers (JSON)</summary><pre class="json">{said}</pre></details>'
    )


def figure(picture: str, caption: str, *, beside: str = "") -> str:
    """Show a picture under its caption, which is HTML already."""
    return f"<figure><figcaption>{caption}</figcaption>\n{picture}{beside}</figure>\n"
