"""`cairn remote`: whose ledgers are believed when something is pulled."""

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import moment, table


@click.group()
def remote() -> None:
    """Say whose ledgers are believed: trust, keys."""


@remote.command()
@click.argument("origin", metavar="ORIGIN")
@click.option("--key", default="", help="The key, as `cairn remote keys` shows it there.")
@click.option("--from", "place", default=None, help="Take the key that this remote shows.")
@shown
def trust(origin: str, *, key: str, place: str | None) -> Shown:
    """Pin the key of ORIGIN, the ledger of another store, in the place of any other.

    The first pull pins the key that it meets, and a changed one is refused until this.
    Compare it first with what `cairn remote keys` shows in that store.
    """
    pinned = cairn.open().trust(origin, key=key, remote=place)
    return Shown(pinned, f"{pinned.origin} is believed when it is signed with\n{pinned.log}")


@remote.command()
@shown
def keys() -> Shown:
    """Show the key of this store's ledger, and those pinned of others."""
    from cairn.engine.store import read_about

    registry = cairn.open()
    own = read_about(registry.settings.store).log
    trusted = registry.entries(action="remote.trust", subject="log:")
    pinned = {entry.subject: entry for entry in trusted}
    rows = [("this store", own, "-", "-")]
    rows += [
        (subject.removeprefix("log:"), entry.after["log"], entry.actor.id, moment(entry.time))
        for subject, entry in sorted(pinned.items())
    ]
    value = {"own": own, "pinned": [entry.after["log"] for entry in pinned.values()]}
    return Shown(value, table(("ledger", "key", "pinned by", "when"), rows))
