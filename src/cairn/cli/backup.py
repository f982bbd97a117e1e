"""`cairn backup`, `cairn restore-store`: a store copied away, and brought back."""

import sys
from pathlib import Path

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.progress import progress
from cairn.cli.text import size
from cairn.core.continuation import Continued
from cairn.core.errors import Corrupt, Invalid
from cairn.core.words import counted

SHORTEST = 8


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--without-keys", is_flag=True, help="Leave the private keys out.")
@shown
def backup(folder: Path, *, without_keys: bool) -> Shown:
    """Copy the whole store to FOLDER, its keys sealed under a passphrase; others may work on.

    Again into the same FOLDER it copies what is new. The passphrase is asked for, or comes
    from CAIRN_BACKUP_PASSPHRASE. `cairn restore-store FOLDER` brings it all back.
    """
    passphrase = "" if without_keys else _passphrase(new=True)
    with progress("copying") as report:
        done = cairn.open().back_up(folder, passphrase=passphrase, on_progress=report)
    keys = "no key is in it: a restored store cannot prove whose it was"
    if done.keys:
        keys = f"sealed in it: the key of the {' and the key of the '.join(done.keys)}"
    new = f"{counted(done.new_objects, 'object')}, {size(done.new_bytes)}"
    entries = counted(done.entries, "ledger entry", "ledger entries")
    text = (
        f"{done.folder} has all of this store: {entries} and "
        f"{counted(done.objects, 'object')}; new in it: {new}, every byte verified\n{keys}\n"
        f"keep it on another disk; `cairn restore-store {folder} --reason WHY` brings it back"
    )
    return Shown(done, text)


@click.command("restore-store")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--reason", "-m", required=True, help="Why; it stays in the ledger.")
@shown
def restore_store(folder: Path | None, *, reason: str) -> Shown:
    """Make this project's store of the backup in FOLDER, and let it go on as a new origin.

    Without FOLDER the store that is here goes on as a new origin: for a project that was
    copied, both copies of which were worked with, and for a store copied back by hand.
    """
    from cairn.data.backup import bring_back

    if not reason.strip():
        raise Invalid("say why with --reason: it stays in the ledger")
    passphrase = _passphrase(new=False) if folder and (folder / "keys.json").exists() else ""
    with progress("bringing back") as report:
        done = bring_back(folder, reason=reason, passphrase=passphrase, on_progress=report)
    found = cairn.open().verify()
    lines = told(done)
    if found.problems:
        first = found.problems[0]
        problem = f"PROBLEMS: {first.place}: {first.reason}; `cairn verify` lists all"
        return Shown(done, "\n".join([*lines, problem]), Corrupt.exit_code)
    lines += [
        f"all {found.entries} of its ledger entries are whole and signed, each row as it was;",
        "`cairn verify --all` reads every byte; `cairn push` and `cairn pull` exchange",
        "versions with the store that it came from, if that is still there",
    ]
    return Shown(done, "\n".join(lines))


def told(done: Continued) -> list[str]:
    """Say what a ledger goes on as."""
    before, after = done.before.partition("+")[0], done.log.partition("+")[0]
    how = "under a new key" if before == after else f"as {after}"
    signed = (
        "who had the old key signed for that"
        if done.handed_over
        else "nobody signed for that with the old key: it was not at hand"
    )
    return [
        f"{before} goes on {how} after {counted(done.entries, 'entry', 'entries')}; {signed}"
    ]


def _passphrase(*, new: bool) -> str:
    """Ask for the passphrase of the keys, unless the environment has it."""
    from cairn.config import backup_passphrase

    if given := backup_passphrase():
        found = given
    elif sys.stdin.isatty():
        found = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new)
    elif new:
        raise Invalid(
            "the keys need a passphrase: set CAIRN_BACKUP_PASSPHRASE, or give --without-keys"
        )
    else:
        return ""
    if new and len(found) < SHORTEST:
        raise Invalid(
            f"the passphrase has fewer than {SHORTEST} characters: take a longer one"
        )
    return found
