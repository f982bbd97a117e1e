"""`cairn erase`: a person's rows, where they are, and away with them as far as possible."""

import shlex
from collections.abc import Iterator

import click

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.text import short, table
from cairn.core.errors import Inconclusive, Pending
from cairn.core.words import counted
from cairn.data.person.place import Erasing, Place

_KEPT = (
    "a model keeps what it learned, and its weights are not looked into: train again on what "
    "follows, and delete the versions that must not stay"
)
MOST_SHOWN = 10
VERIFY = "`cairn verify --all` names them, and who erased them"
_COPIES = (
    "not looked at, as they are not in the store: your own files, remotes, backups, clones"
)


@click.command()
@click.option("--row", required=True, help="COLUMN=VALUE, or VALUE in any column.")
@click.option("-m", "--reason", default="", help="Erase; recorded for ever, so not the value!")
@click.option("--whole", is_flag=True, help="Files that cannot be rewritten go whole.")
@click.option("--also", multiple=True, help="A snapshot that goes whole, searched or not.")
@shown
def erase(*, row: str, reason: str, whole: bool, also: tuple[str, ...]) -> Shown:
    """Say where a person's rows are and what becomes of them; with --reason erase them."""
    registry = cairn.open()
    extra = [*["--whole"] * whole, *(f"--also {shlex.quote(each)}" for each in also)]
    again = f"cairn erase --row {' '.join([shlex.quote(row), *extra])} --reason WHY"
    if not reason.strip():
        return _told(registry.find_person(row, whole=whole, also=also), again=again)
    try:
        return _told(registry.erase_person(row, reason=reason, whole=whole, also=also))
    except Pending as error:
        fix = error.fix.replace("cairn erase --row COLUMN=VALUE --reason WHY", again)
        raise Pending(str(error), fix=fix) from error


def _told(found: Erasing, *, again: str = "") -> Shown:
    """Say what was found and what became of it; with `again` nothing was done yet."""
    parts = [_head(found)]
    if found.places:
        rows = [
            (place.what, place.file, f"{place.rows:,}", _fate(place, is_done=not again))
            for place in found.places
        ]
        parts.append(table(("what", "where", "rows", "what becomes of them"), rows))
    parts += [*_reasons(found), *_left(found), *_learned(found)]
    parts.append("\n".join(_end(found, again)))
    code = 0 if found.is_whole else Inconclusive.exit_code
    return Shown(found, "\n\n".join(parts), code)


def _head(found: Erasing) -> str:
    """Say where it is; "none" only where everything was looked into."""
    if found.places:
        return f"{found.looked_for}: in {counted(len(found.places), 'place')}"
    where = f"{counted(found.snapshots, 'snapshot')}, evaluations and runs"
    if found.unsearched:
        return f"{found.looked_for}: found nowhere that could be searched, among {where}"
    seen = "" if found.column_seen else "; nothing that was searched has such a column"
    return f"{found.looked_for}: in none of {where}{seen}"


def _fate(place: Place, *, is_done: bool) -> str:
    if place.fate == "stays":
        return "stays"
    what = "written again without them" if place.fate == "rewritten" else "erased whole"
    return f"{what}, done" if is_done else what


def _reasons(found: Erasing) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for place in found.places:
        said.setdefault(place.why, []).append(f"{place.what}, {place.file}")
    lines = [f"  {'; '.join(places)}: {why}" for why, places in said.items() if why]
    if lines:
        yield "\n".join(["why not written again:", *lines])


def _left(found: Erasing) -> Iterator[str]:
    """Name what was not looked into, and what nobody can change."""
    if found.unsearched:
        lines = [f"  {name}: {reason}" for name, reason in found.unsearched.items()]
        head = f"not searched, or not all of it, in {len(lines)}:"
        yield "\n".join(
            [head, *lines, "  `--also SNAPSHOT` erases one of these snapshots whole"]
        )
    if found.entries:
        numbers = ", ".join(map(str, found.entries))
        yield f"named in the ledger, which is never changed: entry {numbers}"
    if found.paths:
        lines = [f"  {path}" for path in found.paths[:MOST_SHOWN]]
        more = len(found.paths) - MOST_SHOWN
        lines += [f"  and {more:,} more"] if more > 0 else []
        yield "\n".join(["named by files, whose names are never changed:", *lines])


def _learned(found: Erasing) -> Iterator[str]:
    if found.learned:
        roles: dict[str, dict[str, None]] = {}
        for use in found.learned:
            roles.setdefault(use.version, {})[use.role] = None
        named = ", ".join(f"{name} ({', '.join(said)})" for name, said in roles.items())
        yield f"versions that used it: {named}\n{_KEPT}"


def _end(found: Erasing, again: str) -> Iterator[str]:
    if again and found.objects:
        yield f"nothing was changed; `{again}` erases {counted(len(found.objects), 'object')}"
    elif found.objects:
        yield f"erased {counted(len(found.objects), 'object')}; {VERIFY}"
        for name, old, new in found.followed:
            yield f"{name} is {short(new)} now, and was {short(old)}"
    elif found.places:
        yield "nothing of it can be erased"
    yield _COPIES
