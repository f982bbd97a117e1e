"""`cairn forget-secret`: where a leaked value lies, and away with it as far as possible."""

import sys

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.core.errors import Invalid
from cairn.core.secret.known import spellings
from cairn.core.words import counted
from cairn.registry import Registry

_ROTATE = (
    "Rotate the secret now, whatever was erased: it was readable here, and copies of the "
    "store (remotes, backups, clones) still have it."
)


@click.command("forget-secret")
@click.option("--erase", is_flag=True, help="Erase the objects; without, only say where.")
@click.option("-m", "--reason", default="", help="Recorded in the ledger; not the value!")
@shown
def forget(*, erase: bool, reason: str) -> Shown:
    """Say where a leaked value lies, and erase the objects that hold it.

    The value comes from a prompt or from standard input, never from the command line.
    """
    registry, value = cairn.open(), _value()
    if erase and not reason:
        raise Invalid("say why, without the value: `cairn forget-secret --erase -m REASON`")
    if value and any(spelled in reason for spelled in spellings(value)):
        raise Invalid("the reason stays in the ledger for ever: say why without the value")
    found = registry.find_leaks(value)
    owners = {digest: _owner(registry, digest) for digest in found.objects}
    lines = [
        f"looked at {counted(found.looked, 'object')}, every ledger entry and all other files"
    ]
    if found.closed:
        lines.append(f"  not inside {found.closed} that are compressed, such as Parquet")
    erased = registry.forget_secret(found.objects, reason=reason) if erase else ()
    for digest in found.objects:
        what = "cannot be erased" if erase else "holds it"
        what = "erased" if digest in erased else what
        lines.append(f"  object {digest} of {owners[digest]}: {what}")
    lines += [f"  ledger entry {seq}: cannot be erased" for seq in found.entries]
    lines += [f"  {name} in the store: remove it yourself" for name in found.files]
    if not (found.objects or found.entries or found.files):
        lines.append("the value is in none of them")
    else:
        lines += (
            [""] if erase or not found.objects else ["", "`--erase -m WHY` erases objects"]
        )
        lines.append(_ROTATE)
    told = {
        "looked": found.looked,
        "not_inside": found.closed,
        "objects": found.objects,
        "erased": erased,
        "entries": found.entries,
        "files": found.files,
    }
    return Shown(told, "\n".join(lines))


def _value() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("The leaked value", hide_input=True))
    return sys.stdin.read().rstrip("\r\n")


def _owner(registry: Registry, digest: str) -> str:
    return registry.why_kept(digest) or "nobody"
