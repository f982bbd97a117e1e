"""GTO's tags: versions and stages of models, as names of git tags.

`churn@v1.2.0` registers a version, `churn#prod#3` puts the one at its commit into a stage;
a `!` takes either back. The last of a stage's tags, by its number, says who holds it.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_TAG = re.compile(
    r"(?P<model>[A-Za-z0-9][\w./=-]*?)"
    r"(@v(?P<version>[0-9]+\.[0-9]+\.[0-9]+)|#(?P<stage>[A-Za-z0-9][\w-]*))"
    r"(?P<back>!?)(#(?P<count>[0-9]+))?"
)


class Released(NamedTuple):
    """A version that GTO registered: model, number, and the tag that says so."""

    model: str
    version: str
    tag: str


class Staged(NamedTuple):
    """A stage that a model was put into by a tag, or taken out of."""

    model: str
    stage: str
    tag: str
    order: int
    taken_back: bool


def read_tags(tags: Iterable[str]) -> tuple[tuple[Released, ...], tuple[Staged, ...]]:
    """Read the tags that are GTO's; what was taken back is not a version."""
    found = [(tag, match) for tag in tags if (match := _TAG.fullmatch(tag))]
    gone = {(m["model"], m["version"]) for _, m in found if m["version"] and m["back"]}
    released = tuple(
        Released(m["model"].replace("=", ":"), m["version"], tag)
        for tag, m in found
        if m["version"] and not m["back"] and (m["model"], m["version"]) not in gone
    )
    staged = tuple(
        Staged(
            m["model"].replace("=", ":"),
            m["stage"],
            tag,
            int(m["count"] or 0),
            bool(m["back"]),
        )
        for tag, m in found
        if m["stage"]
    )
    return released, staged


def holders(staged: Iterable[Staged]) -> tuple[Staged, ...]:
    """Say which tag holds each stage of each model now."""
    last: dict[tuple[str, str], Staged] = {}
    for each in sorted(staged, key=lambda s: s.order):
        last[each.model, each.stage] = each
    return tuple(each for each in last.values() if not each.taken_back)
