"""`cairn register`: a version of a run, or of weights on disk."""

import click

import cairn
from cairn.cli import starter
from cairn.cli.app import Shown, shown
from cairn.core.version import only_files, standing
from cairn.core.words import counted


@click.command()
@click.argument("source")
@click.option("--model", help="The model's name: churn, risk/churn.")
@click.option("--artifact", help="Which of the files that the run wrote, if it wrote several.")
@click.option("--data", multiple=True, help="A snapshot it was trained on: snap:train.")
@click.option("--test", multiple=True, help="A snapshot its metrics were measured on.")
@click.option("--param", multiple=True, help="NAME=VALUE, a hyperparameter.")
@click.option("--metric", multiple=True, help="NAME=NUMBER, a metric that somebody remembers.")
@click.option("--field", multiple=True, help="NAME=VALUE that cairn.toml requires.")
@click.option("--retroactive", is_flag=True, help="Register what is known; the rest are gaps.")
@shown
def register(
    source: str,
    *,
    model: str | None,
    artifact: str | None,
    data: tuple[str, ...],
    test: tuple[str, ...],
    param: tuple[str, ...],
    metric: tuple[str, ...],
    field: tuple[str, ...],
    retroactive: bool,
) -> Shown:
    """Make a version of SOURCE: a captured run (run:...), or a file or folder of weights."""
    from cairn.capture.models.word import Word

    registry = cairn.open()
    word = Word(data=data, test=test, params=param, metrics=metric, fields=field)
    version = registry.register(
        source, model, word, artifact=artifact, retroactive=retroactive
    )
    state = (
        "complete" if version.complete else f"incomplete, {counted(len(version.gaps), 'gap')}:"
    )
    lines = [f"{version.name} is {version.digest}, {state}"]
    lines += [f"  {gap.field}: {gap.reason}" for gap in version.gaps]
    known = standing(version.manifest)
    if known.keys() and set(known.values()) != {"captured"}:
        lines.append("  " + ", ".join(f"{name} {how}" for name, how in known.items()))
    if version.labels:
        lines.append(f"  {', '.join(version.labels)} points at it")
    artifacts = version.manifest.artifacts
    if artifacts is not None and artifacts.safety != "safe":
        reasons = "; ".join(artifacts.reasons)
        lines.append(f"  {artifacts.safety}, loaded only if it is trusted: {reasons}")
    if named := only_files(artifacts):
        lines.append(f"  `load` gives back only a folder, with files=True: {named}")
    lines += starter.lines(registry)
    value = {
        "name": version.name,
        "digest": version.digest,
        "gaps": version.gaps,
        "standing": known,
    }
    return Shown(value, "\n".join(lines))
