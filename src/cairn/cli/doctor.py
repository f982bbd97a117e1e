"""`cairn doctor`, `config`: what Cairn finds around it, and the settings in force."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import pairs, table
from cairn.core.errors import CairnError, Refused
from cairn.core.words import counted


@click.command()
@shown
def doctor() -> Shown:
    """Look at Python, git, store, disk, keys and extras; exit code 6 if something is amiss."""
    from cairn.inventory.doctor import examine

    try:
        opened = cairn.open()
    except CairnError as error:
        opened = error
    signs = examine(opened, Path.cwd())
    rows = [(sign.what, "ok" if sign.well else "AMISS", sign.found) for sign in signs]
    amiss = [sign for sign in signs if not sign.well]
    lines = [f"  {sign.what}: {sign.fix}" for sign in amiss]
    head = f"{counted(len(amiss), 'thing')} to mend:" if amiss else "nothing is amiss"
    text = "\n".join([table(("what", "", "found"), rows), "", head, *lines])
    return Shown(signs, text, Refused.exit_code if amiss else 0)


@click.command()
@shown
def config() -> Shown:
    """Show the settings in force, from cairn.toml and the environment."""
    settings = cairn.open().settings
    plain = _plain(settings)
    rows = [("file", str(settings.folder / "cairn.toml")), *_flat(plain)]
    return Shown(plain, pairs(rows))


def _plain(value: object) -> Any:
    """Spell out settings with their defaults, which records leave out."""
    import msgspec

    if isinstance(value, msgspec.Struct):
        return {n: _plain(v) for n, v in msgspec.structs.asdict(value).items()}
    if isinstance(value, dict):
        return {str(n): _plain(v) for n, v in cast("dict[object, object]", value).items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[object, ...]", value)]
    return str(value) if isinstance(value, Path) else value


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(cast("dict[str, Any]", value), f"{above}{name}.")
        elif isinstance(value, list):
            yield f"{above}{name}", ", ".join(map(str, cast("list[object]", value))) or "-"
        else:
            plain = cast("object", value)
            yield f"{above}{name}", "-" if plain in (None, "", {}) else str(plain)
