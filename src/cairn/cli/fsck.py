"""`cairn fsck`: look at every byte, and mend what can be mended."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.progress import progress
from cairn.cli.text import short, size, table
from cairn.core.errors import CairnError, Corrupt, Invalid
from cairn.core.ledger import Problem
from cairn.core.words import counted
from cairn.data.mend import Mending
from cairn.objects.upkeep.fsck import Checked, Depth
from cairn.registry import Registry

if TYPE_CHECKING:
    from cairn.data.remotes.remote import RemoteCheck, RemoteMending

LISTED = 20


@click.command()
@click.argument("remote", required=False)
@click.option("--quick", "depth", flag_value="quick", default=True, help="Sizes and indexes.")
@click.option("--full", "depth", flag_value="full", help="Every byte, and the ledger.")
@click.option("--sample", metavar="SHARE", type=float, help="Every byte of some: 0.01.")
@click.option("--repair", is_flag=True, help="Move damage aside and bring back what is lost.")
@click.option("--from", "copies", multiple=True, help="Another copy: a store, bucket, folder.")
@shown
def fsck(
    remote: str | None,
    *,
    depth: Depth,
    sample: float | None,
    repair: bool,
    copies: tuple[str, ...],
) -> Shown:
    """Check the bytes in the store; with --repair mend them from what is intact elsewhere.

    With REMOTE (a folder, a bucket or a name in cairn.toml) check that instead: its bytes, who
    vouches for each snapshot and version there, and that nothing they need is missing. A
    remote is mended from this store.
    """
    if sample is not None and not 0 < sample <= 1:
        raise Invalid(
            f"--sample {sample:g} is not a share: write one above 0 up to 1, like 0.05"
        )
    if copies and not repair:
        raise Invalid("--from says where copies are for --repair: give both")
    registry = cairn.open()
    how: Depth = "sample" if sample is not None else depth
    if remote is not None:
        if copies:
            raise Invalid("a remote is mended from this store: leave out --from")
        return _remote(registry, remote, how, sample or 0, repair=repair)
    with progress("checking") as report:
        found = registry.check_objects(how, share=sample or 0, on_progress=report)
    problems = _ledger(registry) if how == "full" else ()
    lost = registry.missing()
    if repair and (found.damage or lost):
        mended = registry.mend(found.damage, copies)
        return _mended(mended, found)
    return _told(found, lost, problems, how)


def _remote(
    registry: Registry, address: str, how: Depth, share: float, *, repair: bool
) -> Shown:
    with progress("checking") as report:
        found = registry.check_remote(address, how, share=share, on_progress=report)
    if repair and (found.bytes.damage or found.problems):
        mended = registry.mend_remote(found)
        return _remote_mended(mended, found)
    refs = counted(found.refs, "snapshot or version", "snapshots and versions")
    proven = "is" if found.refs == 1 else "are"
    whole = f"{refs} at {found.address} {proven} proven, and nothing that they need is missing"
    advice = (
        "Nothing was changed. `cairn fsck REMOTE --full --repair` moves damage aside and "
        "sends again what this store has."
    )
    shown = _told(found.bytes, (), found.problems, how, advice=advice)
    value = {**shown.value, "remote": found.address, "refs": found.refs}  # type: ignore[dict-item] (a dict for JSON)
    text = f"{shown.text}\n{whole}" if shown.exit_code == 0 else shown.text
    return Shown(value, text, shown.exit_code)


def _remote_mended(mended: "RemoteMending", found: "RemoteCheck") -> Shown:
    sent = counted(len(mended.back), "object was", "objects were")
    lines = [
        _quarantined(mended.quarantined, found.bytes.packs),
        f"{sent} sent again from this store",
    ]
    if not mended.left:
        return Shown(
            mended,
            "\n".join([*lines, f"everything that is needed at {found.address} is there"]),
        )
    rows = [(problem.place, problem.reason) for problem in mended.left]
    lines += [
        f"still not whole, snapshots and versions: {len(rows)}",
        "",
        table(("what", "why"), rows, most=LISTED),
        "",
        "repair again in a store that has them; a damaged file below refs/ can be removed,",
        "and its snapshot or version pushed again",
    ]
    return Shown(mended, "\n".join(lines), Corrupt.exit_code)


def _ledger(registry: Registry) -> Sequence[Problem]:
    """Check the ledger, whose records may be among what is damaged."""
    try:
        return registry.verify().problems
    except CairnError as error:
        return (Problem(place="ledger", reason=str(error)),)


def _told(
    found: Checked,
    lost: Sequence[Problem],
    problems: Sequence[Problem],
    how: Depth,
    *,
    advice: str = "",
) -> Shown:
    rows = [(damage.where, damage.reason) for damage in found.damage]
    rows += [(problem.place, problem.reason) for problem in lost]
    rows += [(problem.place, problem.reason) for problem in problems]
    value = {
        "depth": how,
        "packs": found.packs,
        "size_bytes": found.size,
        "read_bytes": found.read,
        "problems": [{"where": where, "reason": reason} for where, reason in rows],
    }
    read = "every byte read" if found.read == found.size else f"{size(found.read)} of it read"
    head = f"{counted(found.packs, 'pack')} of {size(found.size)}, {read}"
    if not rows:
        more = (
            ""
            if how == "full"
            else "; sizes and indexes were checked, `cairn fsck --full` reads every byte"
        )
        return Shown(value, f"no damage found in {head}{more}")
    text = (
        f"DAMAGE: {counted(len(rows), 'problem')} in {head}\n\n"
        f"{table(('where', 'what'), rows, most=LISTED)}\n\n"
        f"{advice or _advice(found, lost)}"
    )
    return Shown(value, text, Corrupt.exit_code)


def _advice(found: Checked, lost: Sequence[Problem]) -> str:
    if found.damage or lost:
        return (
            "Nothing was changed. `cairn fsck --full --repair --from COPY` moves damage aside "
            "and brings back what is lost from a backup, a remote or a folder of files."
        )
    return "The bytes are intact, the ledger is not: `cairn verify` says what to do."


def _mended(mended: Mending, found: Checked) -> Shown:
    saved = counted(mended.saved, "blob was", "blobs were")
    lines = [
        f"{_quarantined(mended.quarantined, found.packs)}; {saved} intact and stored again",
        f"{counted(len(mended.back), 'object')} came back from other copies",
    ]
    if not mended.lost:
        return Shown(
            mended, "\n".join([*lines, "everything that is needed is here and intact"])
        )
    rows = [(short(digest), why) for digest, why in mended.lost.items()]
    lines += [
        f"{counted(len(rows), 'object is', 'objects are')} lost, and needed:",
        "",
        table(("object", "needed by"), rows, most=LISTED),
        "",
        "name more copies with --from, and repair again",
    ]
    return Shown(mended, "\n".join(lines), Corrupt.exit_code)


def _quarantined(some: int, every: int) -> str:
    lie = "was damaged and lies" if some == 1 else "were damaged and lie"
    return f"{some} of {counted(every, 'pack')} {lie} in quarantine"
