"""`cairn evaluate`, `compare`: what versions predict."""

from pathlib import Path

import click
from msgspec import to_builtins

import cairn
from cairn.cli.app import Shown, shown
from cairn.cli.progress import working
from cairn.cli.text import number, pairs, short


@click.command()
@click.argument("version")
@click.option("--on", required=True, help="The snapshot to score: snap:test.")
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    help="A Parquet file of predictions that were made elsewhere.",
)
@click.option(
    "--trust",
    is_flag=True,
    help="Load a model that could run code; the evaluation says that somebody asked for it.",
)
@shown
def evaluate(version: str, *, on: str, predictions: Path | None, trust: bool) -> Shown:
    """Score VERSION on a snapshot, as cairn.toml says, and keep every prediction."""
    from cairn.gates.report import looks_taken

    registry = cairn.open()
    if predictions is None:
        with working(f"scoring {version} on {on}"):
            info = registry.evaluate(version, on=on, trust=trust)
    else:
        info = registry.import_predictions(version, predictions, on=on)
    found, of = info.evaluation, registry.version(version)
    looks = registry.looks(version, on=found.snapshot)
    text = pairs(
        [
            ("evaluation", info.digest),
            ("version", of.name),
            ("snapshot", f"{on}  {short(found.snapshot)}"),
            ("rows", f"{found.rows:,}"),
            *((name, number(value)) for name, value in sorted(found.metrics.items())),
        ]
    )
    value = to_builtins(info) | {"looks": to_builtins(looks)}
    return Shown(value, "\n".join([text, *looks_taken(looks)]))


@click.command()
@click.argument("candidate")
@click.argument("live")
@click.option("--on", help="The snapshot to compare on; by default the one in cairn.toml.")
@click.option("--metric", help="For the groups' table; by default one that fits the task.")
@click.option("--examples", default=10, show_default=True, type=click.IntRange(0, 1000))
@shown
def compare(
    candidate: str, live: str, *, on: str | None, metric: str | None, examples: int
) -> Shown:
    """Compare the predictions of CANDIDATE and LIVE on the same rows."""
    from cairn.gates.report import comparison_text

    with working(f"comparing {candidate} and {live}"):
        found = cairn.open().compare(candidate, live, on=on, metric=metric, examples=examples)
    return Shown(found, comparison_text(found))
