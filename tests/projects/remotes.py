"""Two stores and a remote between them, for tests of push and pull."""

import re
from pathlib import Path

from cairn.core.errors import Corrupt, NotFound
from cairn.core.ledger import ReadLedger
from cairn.data.remotes.transfer import pull
from cairn.registry import Registry
from projects.store import open_registry


def store(folder: Path, name: str) -> Registry:
    """Open a store of its own, made if it is not there."""
    place = folder / name
    place.mkdir(exist_ok=True)
    return open_registry(place, actor=name)


def actions(registry: Registry) -> list[tuple[str, str]]:
    """List what a store recorded: action and subject."""
    return [(entry.action, entry.subject) for entry in registry.engine.send(ReadLedger())]


def recorded(registry: Registry) -> list[str]:
    """List the snapshots and versions that a store recorded."""
    kinds = ("snapshot.add", "version.register")
    return [subject for action, subject in actions(registry) if action in kinds]


def holds(place: Path, content: bytes) -> bool:
    """Tell whether bytes lie anywhere below a folder."""
    return any(content in path.read_bytes() for path in place.rglob("*") if path.is_file())


def flip(place: Path, content: bytes) -> Path:
    """Flip one bit wherever a content lies below a folder; returns the last file changed."""
    changed = place
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        before = path.read_bytes()
        if content in before:
            at = before.index(content) + len(content) // 2
            rewrite(path, before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
            changed = path
    assert changed != place, "nothing there has this content"
    return changed


def rewrite(path: Path, content: bytes) -> None:
    """Replace a file's bytes, as a disk or a person may."""
    path.chmod(0o644)
    path.write_bytes(content)


def leaves_out(there: Registry, remote: Path, *asked: str, says: str) -> None:
    """Pull, and check that the damage is named and that no version was recorded."""
    try:
        failed = "\n".join(
            failure.reason for failure in pull(there, str(remote), asked).failed
        )
    except (Corrupt, NotFound) as error:
        failed = str(error)

    assert re.search(says, failed), failed
    assert "version.register" not in dict(actions(there))
    assert there.verify(objects=True).problems == ()
