"""`cairn status`, `undo`: how things stand, and the way back from the last change."""

from typing import TYPE_CHECKING

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import moment, table
from cairn.core.name import shown as model_shown

if TYPE_CHECKING:
    from cairn.inventory.status import Held


@click.command()
@shown
def status() -> Shown:
    """Show what every label holds, and what waits for somebody, with the command for it."""
    found = cairn.open().status()
    rows = [
        (
            f"{model_shown(one.model)}@{one.label}",
            one.version,
            moment(one.since),
            one.by,
            _said(one),
        )
        for one in found.held
    ]
    held = table(("label", "holds", "since", "by", "gate says"), rows)
    lines = [f"  {what}\n      {command}" for what, command in found.waiting]
    looked = "nothing to look after in approvals, overrides, runs, gates, drills and gaps"
    waiting = "\n".join(["to look after:", *lines]) if lines else looked
    return Shown(found, f"{held or 'no label holds a version yet'}\n\n{waiting}")


def _said(one: "Held") -> str:
    """Say what the gate said of the version that a label holds."""
    if one.verdict is None:
        return "not judged" if one.gate else "no gate"
    return f"{one.verdict}, by a policy before" if one.is_outdated else one.verdict


@click.command()
@shown
def undo() -> Shown:
    """Name the command that takes back the last change that can be taken back; do nothing."""
    way = cairn.open().way_back()
    if way is None:
        return Shown(None, "nothing was changed yet that could be taken back")
    text = (
        f"the last change: entry {way.entry}, {moment(way.time)} by {way.by}: {way.what}\n"
        f"{way.how}: `{way.command}`"
    )
    return Shown(way, text)
