"""`cairn inventory`, `steps`: what is here, what nobody knows, what is next."""

from pathlib import Path

import click
from msgspec.structs import replace

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.progress import progress
from cairn.cli.text import pairs, size, table
from cairn.core.errors import NotFound, Refused
from cairn.core.run import Gap
from cairn.core.words import counted
from cairn.inventory.findings import FILE, INGREDIENTS, Captured, Inventory

EXIT_GAPS = Refused.exit_code
LISTED = 5


@click.group(invoke_without_command=True)
@click.pass_context
def inventory(context: click.Context) -> None:
    """Say what this project has, and what nobody knows; nothing is run."""
    if context.invoked_subcommand is None:
        context.invoke(scan)


@inventory.command()
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default="."
)
@shown
def scan(folder: Path = Path()) -> Shown:
    """Scan FOLDER (this one) and write what was found into one file to commit."""
    from cairn.inventory import gaps, write
    from cairn.inventory import scan as look

    with progress(f"scanning {folder}") as report:
        found = replace(look(folder, on_progress=report), captured=_captured(folder))
    write(found, folder / FILE)
    open_points = gaps(found)
    text = f"{_found(found)}\n\n{_told(open_points)}\n\nwritten to {folder / FILE}; commit it"
    return Shown({"inventory": found, "gaps": open_points}, text)


@inventory.command("gaps")
@shown
def list_gaps() -> Shown:
    """List what nobody knows yet; exit code 6 while there is anything."""
    from cairn.inventory import gaps, read

    page = replace(read(Path(FILE)), captured=_captured(Path()))
    open_points = gaps(page)
    return Shown(open_points, _told(open_points), EXIT_GAPS if open_points else 0)


@inventory.command()
@click.argument("ingredient", type=click.Choice(list(INGREDIENTS)))
@click.argument("answer")
@shown
def record(ingredient: str, answer: str) -> Shown:
    """Write down what a person knows of an INGREDIENT: a place, an address, a number."""
    from cairn.inventory import read, write
    from cairn.inventory import record as add
    from cairn.inventory.gaps import gaps

    changed = add(read(Path(FILE)), ingredient, answer)
    write(changed, Path(FILE))
    text = f"{ingredient}: {answer} (asserted by a person)"
    if any(gap.field == ingredient for gap in gaps(changed)):
        text += "; that does not say it, and the gap stays"
    return Shown(changed.asserted_by_human, text)


@click.command()
@click.argument("number", type=int, required=False)
@shown
def steps(number: int | None) -> Shown:
    """Show the nine steps: done or to do, and the artifact that proves each.

    With NUMBER, refuse (exit code 6) while a step before that one is still to do.
    """
    from cairn.inventory.steps import check_order
    from cairn.inventory.steps import steps as look

    try:
        registry = cairn.open()
    except NotFound:
        registry = None
    found = registry.steps() if registry else look(None, Path.cwd())
    if number is not None:
        check_order(number, found)
    rows = [
        (s.number, "done" if s.done else "to do", s.title, s.artifact or s.fix) for s in found
    ]
    todo = next((f"\n\nnext: {s.fix}" for s in found if not s.done), "")
    text = table(("step", "state", "what", "artifact, or what to type"), rows)
    return Shown(found, text + todo)


def _captured(folder: Path) -> tuple[Captured, ...]:
    """Ask the store of the project in this very folder, if it has one, what its runs know."""
    from cairn.inventory.captured import captured

    if not (folder / "cairn.toml").is_file():
        return ()
    try:
        return captured(cairn.open(folder))
    except NotFound:
        return ()


def _found(found: Inventory) -> str:
    rows = [
        ("weights", [f"{w.path} ({w.format}, {size(w.size_bytes)})" for w in found.weights]),
        ("data", [d.path for d in found.data] + [f"{r.what} at {r.at}" for r in found.reads]),
        ("code", [f"{s.path} ({s.git})" for s in found.code]),
        ("configuration", [c.path for c in found.configuration]),
        ("hard-coded", [f"{h.name}={h.value} at {h.at}" for h in found.hard_coded]),
        ("metrics", [f"{m.name} {m.value} in {m.at} ({m.provenance})" for m in found.metrics]),
        ("environment", [e.path for e in found.environment]),
        ("seeds", [f"{s.generator}={s.value} at {s.at}" for s in found.seeds]),
        ("not read", [f"{u.path}: {u.reason}" for u in found.unread]),
        ("captured", [f"{c.ingredient}: {c.version}" for c in found.captured]),
        ("people say", [f"{k}: {', '.join(v)}" for k, v in found.asserted_by_human.items()]),
    ]
    lines: list[tuple[str, str]] = []
    for name, values in rows:
        shown_values = values[:LISTED] or ["-"]
        lines += [(name, shown_values[0]), *(("", value) for value in shown_values[1:])]
        if len(values) > LISTED:
            lines.append(("", f"... and {len(values) - LISTED} more in {FILE}"))
    return pairs(line for line in lines if line[1] != "-" or line[0] in INGREDIENTS)


def _told(open_points: tuple[Gap, ...]) -> str:
    if not open_points:
        return "no gap: every ingredient is known"
    lines = [f"  {gap.field}: {gap.reason}\n      {gap.fix}" for gap in open_points]
    return f"{counted(len(open_points), 'gap')}:\n" + "\n".join(lines)
