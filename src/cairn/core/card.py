"""A value as a notebook shows it: a title, and a small table of what is known of it."""

from collections.abc import Iterable
from html import escape


def card(title: str, rows: Iterable[tuple[str, object]]) -> str:
    """Write a title and names with values as HTML; whatever came with the data is escaped."""
    lines = "".join(
        f'<tr><th style="text-align:left">{_plain(name)}</th>'
        f'<td style="text-align:left">{_plain(str(value))}</td></tr>'
        for name, value in rows
    )
    return f"<div><strong>{_plain(title)}</strong><table>{lines}</table></div>"


def _plain(words: str) -> str:
    return escape("".join(char if char.isprintable() else " " for char in words))
