"""`cairn guard`: keep weights and large files out of git."""

from pathlib import Path

import click

from cairn.cli.app import Shown, shown
from cairn.cli.text import size, table
from cairn.config import GuardSettings, find_project, git_index, load_settings
from cairn.core.errors import Invalid, Refused
from cairn.core.words import counted
from cairn.inventory.guard import Guarded, guard_commits, guard_staged
from cairn.inventory.guard import install as write_hook

LISTED = 20


@click.command()
@click.option("--install", is_flag=True, help="Write a pre-commit hook, if there is none.")
@click.option(
    "--since",
    metavar="REF",
    envvar="PRE_COMMIT_FROM_REF",
    help="Judge every commit since REF instead of what is staged: for CI.",
)
@shown
def guard(*, install: bool, since: str | None) -> Shown:
    """Refuse weights and large files that are staged for a commit; exit code 6 if there are.

    Judges what git would keep, not what lies on disk. Limits and exceptions stand under
    [guard] in cairn.toml: max_mb = 10, max_data_mb = 1, allow = ["tests/golden/*"].
    """
    here = Path.cwd()
    if install:
        return _installed(here, since)
    limits = load_settings(here).guard if find_project(here) else GuardSettings()
    if since is None:
        return _told(guard_staged(here, limits, index=git_index()), "staged")
    return _told(guard_commits(here, since, limits), "newly committed")


def _installed(folder: Path, since: str | None) -> Shown:
    if since is not None:
        raise Invalid("--install and --since do not go together: a hook judges what is staged")
    hook, is_new = write_hook(folder)
    text = (
        f"{hook} guards every commit from now on"
        if is_new
        else f"{hook} guards every commit already"
    )
    return Shown({"hook": str(hook), "new": is_new}, text)


def _told(found: Guarded, what: str) -> Shown:
    files = counted(found.files, f"{what} file")
    if not found.refused:
        return Shown(found, f"{files}: nothing that does not belong in git")
    shown_first = found.refused[:LISTED]
    rows = [
        (kept.path, size(kept.size_bytes), kept.reason, kept.commit[:12] or "staged")
        for kept in found.refused
    ]
    verb = "does" if len(found.refused) == 1 else "do"
    text = [
        f"{len(found.refused):,} of {files} {verb} not belong in git:",
        "",
        table(("file", "size", "why", "where"), rows, most=LISTED),
        "",
        "What to do:",
        *(f"  {kept.fix}" for kept in shown_first),
        '  or let one pass: [guard] allow = ["PATH"] in cairn.toml',
    ]
    return Shown(found, "\n".join(text), Refused.exit_code)
