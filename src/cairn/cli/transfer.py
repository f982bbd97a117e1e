"""`cairn push`, `cairn pull`: snapshots and versions between this store and a remote."""

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.progress import progress
from cairn.cli.text import short, size, table
from cairn.core.errors import Corrupt
from cairn.core.transfer import Transferred
from cairn.core.words import counted


@click.command()
@click.argument("remote", required=False)
@click.argument("references", metavar="[REFERENCE]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--plain", is_flag=True, help="Send what is encrypted here in the open.")
@shown
def push(
    remote: str | None, *, references: tuple[str, ...], dry_run: bool, plain: bool
) -> Shown:
    """Copy snapshots and versions to REMOTE: a folder, a bucket or a name in cairn.toml.

    Without REMOTE it is the one called origin; without REFERENCE (churn:3, churn, snap:test,
    sha256:...) everything goes that is not there yet. Every byte is verified before it leaves.
    What the ledger says of those models goes along, with names, reasons and proofs.
    """
    with progress("pushing") as report:
        done = cairn.open().push(
            remote, *references, dry_run=dry_run, plain=plain, on_progress=report
        )
    told = _told(done, "pushed to" if done.done else "would be pushed to", is_push=True)
    return Shown(done, told)


@click.command()
@click.argument("remote", required=False)
@click.argument("references", metavar="[REFERENCE]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and fetch nothing.")
@shown
def pull(remote: str | None, *, references: tuple[str, ...], dry_run: bool) -> Shown:
    """Copy snapshots and versions from REMOTE and record them here, every byte verified.

    Without REMOTE it is the one called origin; without REFERENCE (churn, snap:test,
    sha256:..., churn:3 as numbered there) everything comes that is not here yet. Labels
    never move; what other ledgers say of the models is shown as theirs.
    """
    with progress("pulling") as report:
        done = cairn.open().pull(remote, *references, dry_run=dry_run, on_progress=report)
    told = _told(done, "pulled from" if done.done else "would be pulled from")
    return Shown(done, told, Corrupt.exit_code if done.failed else 0)


def _told(done: Transferred, what: str, *, is_push: bool = False) -> str:
    already = f"{done.already:,} already there" if done.already else ""
    if not done.items and not done.objects and not done.entries and not done.failed:
        return f"nothing is {what} {done.remote}" + (f": {already}" if already else "")
    count = len(done.items)
    summary = (
        f"{count:,} snapshot{'s' * (count != 1)} and versions {what} {done.remote}: "
        f"{done.objects:,} object{'s' * (done.objects != 1)}, {size(done.size_bytes)}"
    )
    rows = [(item.name, short(item.digest), item.note) for item in done.items]
    met = [
        f"met for the first time, and believed by this key from now on: {key}\n"
        "compare it with what `cairn remote keys` shows in that store"
        for key in done.trusted
    ]
    lines = [table(("name", "digest", ""), rows)] if rows else []
    met += _entries(done)
    return "\n".join(
        [
            *lines,
            summary + (f"; {already}" if already else ""),
            *met,
            *_failed(done, is_push=is_push),
        ]
    )


def _entries(done: Transferred) -> list[str]:
    """Say how much of what happened went along, and what it is good for."""
    if not done.entries:
        return []
    count = counted(done.entries, "ledger entry", "ledger entries")
    told = (
        f"with {count} of what happened to these models: moves, policies, approvals, marks; "
        "`cairn history MODEL` and `cairn why VERSION` show them as that store's, and nothing "
        "follows them anywhere else"
    )
    return [told]


def _failed(done: Transferred, *, is_push: bool) -> list[str]:
    """Say what did not go or come, and where to look."""
    if not done.failed:
        return []
    advice = (
        "erased on purpose; what is left of a person's data has a digest of its own, and goes"
        if is_push
        else f"`cairn fsck {done.remote} --full` names all that is wrong there, and with "
        "--repair\nit is mended in a store that has what is lost"
    )
    return [
        "",
        f"NOT copied, {len(done.failed):,}:",
        *(f"  {failure.name}: {failure.reason}" for failure in done.failed),
        advice,
    ]
