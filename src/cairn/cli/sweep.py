"""`cairn sweep`: remove what nothing needs any more."""

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import size, table
from cairn.core.sweep import Act, Sweep
from cairn.core.words import counted
from cairn.objects.upkeep.sweep import DAY, HOUR, Ages
from cairn.registry import Registry

LISTED, PACK_NAME = 20, 12
_WORDS: dict[Act, tuple[str, str]] = {
    "bury": ("would get a tomb", "have a tomb now"),
    "repack": ("would be copied without what is dead", "were copied without what is dead"),
    "revive": ("would lose their tomb", "are needed again and lost their tomb"),
    "remove": ("would be removed", "are removed"),
    "wait": ("wait in their tombs", "wait in their tombs"),
    "keep": ("stay", "stay"),
}


@click.command()
@click.option("--apply", "carry_out", is_flag=True, help="Do it; without, only say.")
@click.option("--why", metavar="DIGEST", help="Say for whose sake one object stays.")
@click.option(
    "--grace-hours",
    default=72.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Leave alone what was written in the last hours.",
)
@click.option(
    "--tomb-days",
    default=7.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Time from a pack's tomb to its removal.",
)
@click.option("-m", "--reason", default="", help="Recorded in the ledger.")
@shown
def sweep(
    *, carry_out: bool, why: str | None, grace_hours: float, tomb_days: float, reason: str
) -> Shown:
    """Find bytes that nothing needs; with --apply bury them, and remove them a week later."""
    registry = cairn.open()
    if why is not None:
        return _why(registry, why)
    ages = Ages(grace_hours * HOUR, tomb_days * DAY)
    found = registry.sweep(carry_out=carry_out, ages=ages, reason=reason)
    return Shown({"applied": carry_out, "sweep": found}, _told(found, carry_out=carry_out))


def _why(registry: Registry, digest: str) -> Shown:
    found = registry.why_kept(digest)
    value = {"digest": digest, "kept_for": found}
    if found is None:
        lies = (
            "lies here and is needed by nothing"
            if registry.objects.has(digest)
            else "is not here"
        )
        return Shown(value, f"{digest} {lies}")
    return Shown(value, f"{digest} stays for the sake of {found}")


def _told(found: Sweep, *, carry_out: bool) -> str:
    total = sum(pack.size_bytes for pack in found.packs)
    needed = counted(found.kept, "object is needed", "objects are needed")
    packs = counted(len(found.packs), "pack holds", "packs hold")
    lines = [f"{needed}, {size(found.kept_bytes)}; {packs} {size(total)}"]
    for act, words in _WORDS.items():
        if count := found.count(act):
            spent = sum(pack.size_bytes for pack in found.packs if pack.act == act)
            lines.append(f"  {count} {words[carry_out]} ({size(spent)})")
    rows = [
        (
            pack.act,
            pack.key.rpartition("/")[2][:PACK_NAME],
            size(pack.size_bytes),
            size(pack.dead_bytes),
            pack.why,
        )
        for pack in found.packs
        if pack.act != "keep"
    ]
    if rows:
        lines += ["", table(("what", "pack", "size", "dead", "why"), rows, most=LISTED)]
    if found.going:
        going = [(g.digest or "encrypted", size(g.size_bytes), g.act) for g in found.going]
        head = ("object that nothing needs", "size", "its pack")
        lines += ["", table(head, going, most=LISTED)]
    return "\n".join([*lines, "", _next(found, carry_out=carry_out)])


def _next(found: Sweep, *, carry_out: bool) -> str:
    if not found.changes and not found.count("revive"):
        return "there is nothing to do"
    if not carry_out:
        return "nothing was changed; `cairn sweep --apply` does this"
    if found.count("bury") or found.count("repack"):
        return "sweep again in a week: what is buried and still not needed goes then"
    return "done"
