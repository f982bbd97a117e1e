"""Words and tables for a terminal, and JSON for programs.

Names and reasons come from people: whatever in them would steer a terminal, reverse its
text or begin a line of its own is spelled out.
"""

import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from operator import gt
from typing import cast

import msgspec

GAP = "  "
SHORT = len("sha256:") + 12
LONGEST_WORD = 400
LONGEST_WHOLE = SHORT
# Controls but tab and line feed, line separators, marks of direction, lone surrogates.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Spell out what a terminal would obey instead of show."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(value: object) -> str:
    """Keep a value on its line: a line feed in it is spelled out."""
    return str(value).replace("\n", "\\n")


def shortened(text: str) -> str:
    """Take the middle out of words that are longer than any name or path should be."""
    return re.sub(
        rf"\S{{{LONGEST_WORD},}}", lambda found: f"{found[0][:60]}...{found[0][-20:]}", text
    )


def as_json(value: object) -> str:
    """Write a value as indented JSON, keys in order, nothing a terminal obeys."""
    plain = msgspec.json.encode(value, order="sorted")
    text = msgspec.json.format(plain, indent=2).decode()
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_json_line(value: object) -> str:
    """Write a value as JSON on one line."""
    return msgspec.json.encode(value, order="sorted").decode()


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    most: int | None = None,
    newest_last: bool = False,
) -> str:
    """Lay out rows under headers; where the terminal is narrow, cells go on in further lines.

    Nothing is cut out: only words longer than a shortened digest are broken. Of more rows than
    `most` it shows the first ones, or the last, and says how many more there are.
    """
    cells = [[one_line(value) for value in row] for row in rows]
    if not cells:
        return ""
    more = 0 if most is None else len(cells) - most
    if more > 0:
        cells = cells[more:] if newest_last else cells[:most]
    columns = [[row[i] for row in [list(headers), *cells]] for i in range(len(headers))]
    widths = [max(map(len, column)) for column in columns]
    least = [min(max(map(_longest_word, column)), LONGEST_WHOLE) for column in columns]
    room = _columns() - len(GAP) * (len(widths) - 1)
    while sum(widths) > room and any(map(gt, widths, least)):
        spare = [w - low if w > low else -1 for w, low in zip(widths, least, strict=True)]
        widths[spare.index(max(spare))] -= 1
    rule = ["-" * width for width in widths]
    lines = [line for row in (list(headers), rule, *cells) for line in _lines(row, widths)]
    if more > 0:
        earlier = "earlier" if newest_last else "more"
        lines.append(f"... and {more:,} {earlier}: --json lists all")
    return "\n".join(lines)


def listed(words: Sequence[str], *, most: int) -> str:
    """Join words by commas: the first ones, and how many more there are."""
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def few(words: Sequence[str], *, most: int) -> tuple[str, ...]:
    """Keep the first words, the last of them with how many more there are."""
    more = len(words) - most
    if more <= 0:
        return tuple(words)
    *first, last = words[:most]
    return (*first, f"{last} and {more:,} more")


def pairs(values: Iterable[tuple[str, object]], *, indent: str = "") -> str:
    """Lay out names and values in two columns; a tuple takes as many lines as its words need.

    A sentence stays on its line, for what it tells to type is copied from there.
    """
    found = list(values)
    width = max((len(name) for name, _ in found), default=0)
    room = _columns() - width - len(GAP) - len(indent)
    lines: list[str] = []
    for name, value in found:
        texts = [one_line(value)]
        if isinstance(value, tuple):
            texts = _filled(cast("tuple[object, ...]", value), room)
        heads = [name, *[""] * (len(texts) - 1)]
        lines += [
            f"{indent}{head:<{width}}{GAP}{text}".rstrip()
            for head, text in zip(heads, texts, strict=True)
        ]
    return "\n".join(lines)


def _filled(words: Iterable[object], room: int) -> list[str]:
    """Join words by commas, in lines that fit where no single word is too long."""
    lines = [""]
    for word in map(one_line, words):
        joined = f"{lines[-1]}, {word}" if lines[-1] else word
        if lines[-1] and len(joined) >= room:
            lines[-1] += ","
            lines.append(word)
        else:
            lines[-1] = joined
    return lines


def short(digest: str | None) -> str:
    """Shorten a digest to what is enough to type."""
    return digest[:SHORT] if digest else "-"


def moment(time: str | None) -> str:
    """Write a ledger's time for people: `2026-03-01 09:30:00 UTC`."""
    return f"{time[:10]} {time[11:19]} UTC" if time else "-"


def size(count: int) -> str:
    """Write a number of bytes for people."""
    amount, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:  # noqa: PLR2004 (a thousand)
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"


def number(value: float | None) -> str:
    """Write a metric with up to four digits after the point: `0.921`, `1.0`; `-` for none."""
    if value is None:
        return "-"
    digits = f"{value:.4f}".rstrip("0")
    return digits + "0" if digits.endswith(".") else digits


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def _longest_word(cell: str) -> int:
    return max(map(len, cell.split()), default=0)


def _lines(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Lay out one row, each cell wrapped between its words."""
    wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        line = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield GAP.join(line).rstrip()


def _wrapped(cell: str, width: int) -> list[str]:
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, break_on_hyphens=False)
