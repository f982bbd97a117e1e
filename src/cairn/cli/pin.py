"""Pinned snapshots at the command line: what was found where their bytes lie."""

from datetime import UTC, datetime, timedelta

from cairn.cli.app import Shown
from cairn.cli.progress import progress
from cairn.cli.text import moment, short, table
from cairn.core.errors import CairnError, Corrupt, Unavailable
from cairn.core.pin import PinCheck
from cairn.core.snapshot import SnapshotInfo
from cairn.core.words import counted
from cairn.data.erasure import Erasures
from cairn.registry import Registry

LISTED = 20
DAY_SECONDS = 86_400


def keeping(registry: Registry, info: SnapshotInfo, erased: Erasures | None = None) -> str:
    """Say where the bytes of a snapshot are: kept here, or pinned and when last verified.

    `erased` is what was erased in this store, if that is known already.
    """
    from cairn.data.erasure import everything_erased
    from cairn.data.pins import is_pinned

    erased = everything_erased(registry) if erased is None else erased
    if info.digest in erased.follows:
        return f"rows erased, left is {short(erased.follows[info.digest])}"
    if not is_pinned(registry, info):
        gone = erased.of(registry, info)
        if not gone:
            return "kept"
        share = f"{gone} of {counted(info.files, 'file')} erased"
        return "erased" if gone == info.files else share
    found = registry.pin(info.digest)
    if found is None:
        return "pinned, never verified"
    return (
        f"pinned, {found.status.upper()} at {moment(found.checked_at)} by {found.checked_by}"
    )


def warning(registry: Registry, info: SnapshotInfo) -> str:
    """Say of a new pin what may remove its bytes, and when."""
    from cairn.data.pins import is_pinned, retention_seconds

    if not is_pinned(registry, info):
        return ""
    called = info.name or short(info.digest)
    look = f"`cairn snapshot verify {called}` says whether they are there"
    seconds = retention_seconds(registry, info)
    if seconds is not None:
        days = f"{seconds / DAY_SECONDS:g} days"
        return (
            f"pinned: the lake may remove these files {days} after they are out of date, and "
            f"they are LOST then; {look}"
        )
    return f"pinned: the bytes stay where they are, and are LOST if they go there; {look}"


def verified(registry: Registry, info: SnapshotInfo, *, called: str) -> Shown:
    """Read a pin where it lies, record what was found, and say it of every file."""
    with progress(f"verifying {called}") as report:
        found = registry.check_pin(info.digest, on_progress=report)
    others = [file for file in found.files if file.status != "intact" or file.detail]
    rows = [(file.status.upper(), file.path, file.detail) for file in others]
    text = f"{called} is {_summary(found.check)}"
    if rows:
        text += f"\n\n{table(('status', 'file', 'what was found'), rows, most=LISTED)}"
    value = {"check": found.check, "status": found.check.status, "files": found.files}
    return Shown(value, text, _exit_code(found.check))


def verified_all(registry: Registry, *, older_than_days: float) -> Shown:
    """Verify every pin not verified lately; a silent place stops none of the others."""
    from cairn.data.pins import is_pinned

    since = datetime.now(UTC) - timedelta(days=older_than_days)
    pins = {i.digest: i for i in registry.snapshots() if is_pinned(registry, i)}
    rows: list[tuple[str, str, str]] = []
    worst = 0
    for info in pins.values():
        before = registry.pin(info.digest)
        if older_than_days and before and _at(before) > since:
            continue
        called = f"snap:{info.name}" if info.name else short(info.digest)
        try:
            check = registry.check_pin(info.digest).check
            status, detail = check.status.upper(), _counts(check)
            worst = worst or _exit_code(check)
        except CairnError as error:
            status, detail = "UNKNOWN", str(error)
            worst = worst or Unavailable.exit_code
        rows.append((called, status, detail))
    text = table(("pin", "status", "files"), rows) or "no pinned snapshot is due"
    value = [{"pin": pin, "status": status, "detail": said} for pin, status, said in rows]
    return Shown(value, text, worst)


def _summary(check: PinCheck) -> str:
    return f"{check.status.upper()} where it is pinned: {_counts(check)}"


def _counts(check: PinCheck) -> str:
    parts = [f"{check.intact:,} intact"]
    parts += [f"{check.changed:,} changed"] if check.changed else []
    parts += [f"{check.lost:,} lost"] if check.lost else []
    return ", ".join(parts)


def _exit_code(check: PinCheck) -> int:
    return 0 if check.status == "intact" else Corrupt.exit_code


def _at(check: PinCheck) -> datetime:
    return datetime.fromisoformat(check.checked_at)
