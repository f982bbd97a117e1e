"""Back up a project's store, and bring one back: what the engine does, told where all lies."""

from pathlib import Path

from cairn import identity
from cairn.config import load_settings
from cairn.core.continuation import Continued
from cairn.core.digest import Digest
from cairn.core.sweep import ListKept
from cairn.engine import backup, restore
from cairn.engine.local import LocalEngine
from cairn.objects.transfer import Progress
from cairn.project import Project

DIGEST_BYTES = 32


def back_up(
    project: Project,
    folder: Path,
    *,
    passphrase: str = "",
    on_progress: Progress | None = None,
) -> backup.BackedUp:
    """Copy a registry's whole store to a folder; its keys only with a passphrase."""

    def needed() -> list[Digest]:
        joined = project.engine.send(ListKept())
        places = range(0, len(joined), DIGEST_BYTES)
        return ["sha256:" + joined[at : at + DIGEST_BYTES].hex() for at in places]

    engine = project.engine
    assert isinstance(engine, LocalEngine)
    return backup.back_up(
        engine.store, folder, needed=needed, passphrase=passphrase, on_progress=on_progress
    )


def bring_back(
    folder: Path | None,
    *,
    reason: str,
    passphrase: str = "",
    on_progress: Progress | None = None,
) -> Continued:
    """Make the store of the project here from a backup; without one let it go on by itself."""
    settings = load_settings(Path.cwd())
    wanted = restore.Wanted(
        actor=identity.os_user(),
        team=settings.team,
        reason=reason,
        passphrase=passphrase,
        objects=settings.objects,
        on_progress=on_progress,
    )
    if folder is None:
        return restore.go_on(settings.store, wanted)
    return restore.bring_back(folder, settings.store, wanted)


def rekey(*, reason: str) -> Continued:
    """Let the store of the project here go on under a new key."""
    settings = load_settings(Path.cwd())
    wanted = restore.Wanted(actor=identity.os_user(), team=settings.team, reason=reason)
    return restore.rekey(settings.store, wanted)
