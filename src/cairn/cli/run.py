"""`cairn run`, `runs`: captured training."""

import shlex
from pathlib import Path

import click

import cairn
from cairn.capture.interrupted import settle_interrupted
from cairn.capture.run import RunOutcome
from cairn.cli import starter
from cairn.cli.app import Shown, shown
from cairn.cli.progress import working
from cairn.cli.text import few, moment, number, pairs, short, table
from cairn.core.errors import Refused
from cairn.core.evaluation import LookAhead
from cairn.core.label import STAGING
from cairn.core.run import RunFacts, Scalar
from cairn.core.version import only_files
from cairn.registry import Registry

SHOWN_ID, SHOWN_VALUES = 12, 8
A_PAGE = 50


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--model", required=True, help="The model that is trained: churn, risk/churn.")
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder outside of the project whose files are data, too.",
)
@click.option("--field", multiple=True, help="NAME=VALUE that cairn.toml requires.")
@click.option(
    "--require-version",
    is_flag=True,
    help="End with 6 if COMMAND succeeded and no version came of it.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@shown
def run(
    model: str,
    *,
    data: tuple[Path, ...],
    field: tuple[str, ...],
    require_version: bool,
    command: tuple[str, ...],
) -> Shown:
    """Run COMMAND (after --) and capture code, data, environment, seeds, metrics, model.

    What COMMAND writes stays on its own streams, and its exit code is this command's. With
    --json the answer is the last line of standard output.
    """
    from cairn.capture.told import assigned

    registry = cairn.open()
    settle_interrupted(registry)
    fields: dict[str, Scalar] = assigned(field, "--field")
    outcome = registry.run_command(
        model,
        command,
        data=data,
        fields=fields,
        require_version=require_version,
        tell=_tell,
        recording=lambda: working("recording what the script did"),
    )
    bound = starter.lines(registry) if outcome.version else []
    looks = _looks(registry, outcome)
    return Shown(
        _value(outcome) | {"looks": looks},
        "\n".join([_told(outcome), *_looked(looks), *bound]),
        _exit_code(outcome, require_version=require_version),
        beside=True,
        is_bad_news=outcome.version is None,
    )


@click.command()
@click.argument("model", required=False)
@click.option("--before", metavar="RUN", help="Only those that began before this one.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"At most so many; {A_PAGE}, or all with --json, if it is not given.",
)
@shown
def runs(model: str | None, *, before: str | None, limit: int | None) -> Shown:
    """List captured runs, of MODEL if it is named, newest first."""
    registry = cairn.open()
    settle_interrupted(registry)
    is_whole = limit is None and click.get_current_context().params["json"]
    most = None if is_whole else limit or A_PAGE
    found = registry.runs(model, before=before, limit=most + 1 if most else None)
    has_older, found = len(found) > (most or len(found)), found[:most]
    rows = [
        (
            f"run:{one.id[:SHOWN_ID]}",
            one.model.removeprefix("default/"),
            one.status,
            ", ".join(map(str, one.versions)) or "-",
            moment(one.started_at),
            " ".join(one.command) or "Python API",
        )
        for one in found
    ]
    text = table(("run", "model", "status", "version", "started", "command"), rows)
    if has_older:
        words = [*([model] if model else []), "--before", f"run:{found[-1].id[:SHOWN_ID]}"]
        text += f"\nthere are older ones: `cairn runs {shlex.join(words)}`"
    whose, name = (f"no run of {model}", model) if model else ("no run", "NAME")
    none = f"{whose} yet; `cairn run --model {name} -- python train.py` makes one"
    return Shown(found, text or none)


def shown_run(registry: Registry, reference: str) -> Shown:
    """Show one run with everything that was observed."""
    settle_interrupted(registry)
    found = registry.run(reference)
    facts = registry.objects.get_record(found.facts, RunFacts) if found.facts else RunFacts()
    lines = [
        ("run", f"run:{found.id}  {found.status}"),
        ("model", found.model.removeprefix("default/")),
        ("versions", ", ".join(map(str, found.versions)) or "-"),
        ("command", " ".join(facts.command or found.command) or "-"),
        ("started", f"{moment(found.started_at)} by {found.started_by}"),
        ("ended", f"{moment(found.ended_at)}  {found.reason}".rstrip()),
        ("took", f"{facts.duration_seconds:.1f} s"),
        *_facts(facts),
    ]
    return Shown({"run": found, "facts": facts}, pairs(lines))


def _tell(line: str) -> None:
    click.echo(line, err=True)


def _facts(facts: RunFacts) -> list[tuple[str, str | tuple[str, ...]]]:
    code = facts.code
    changed = " + uncommitted changes" if code and code.patch else ""
    return [
        ("code", f"{code.commit[:12]}{changed} on {facts.branch or '-'}" if code else "-"),
        *(
            (f"read, {given.role}", f"{short(given.snapshot)}  {given.path}")
            for given in facts.inputs
        ),
        *(
            ("wrote", f"{short(digest)}  {path}")
            for path, digest in sorted(facts.outputs.items())
        ),
        ("seeds", tuple(f"{s.generator}={s.value}" for s in facts.seeds) or "-"),
        ("unseeded", facts.unseeded or "-"),
        ("parameters", _values(facts) or "-"),
        (
            "metrics",
            tuple(f"{k} {number(v)}" for k, v in sorted(facts.metrics.items())) or "-",
        ),
        ("models", tuple(sorted(facts.artifacts)) or "-"),
        *(("gap", f"{gap.field}: {gap.reason}") for gap in facts.gaps),
    ]


def _values(facts: RunFacts) -> tuple[str, ...]:
    values = [f"{k}={v}" for k, v in sorted(facts.parameters.items()) if v is not None]
    return few(values, most=SHOWN_VALUES)


def _told(outcome: RunOutcome) -> str:
    name = f"run:{outcome.run.id[:SHOWN_ID]}"
    if outcome.run.status != "succeeded":
        reason = f": {outcome.run.reason}" if outcome.run.reason else ""
        lines = [f"{name} {outcome.run.status}{reason}; it is recorded, nothing is registered"]
    elif outcome.problem is not None:
        lines = [f"{name} succeeded, but nothing is registered: {outcome.problem}"]
    elif outcome.version is None:
        lines = [f"{name} succeeded, nothing is registered yet"]
    else:
        lines = _registered(name, outcome)
    lines += [f"  note: {note}" for note in outcome.notes]
    if outcome.next_step:
        lines += ["What to do:", *(f"  {line}" for line in outcome.next_step.splitlines())]
    return "\n".join(["", *lines])


def _registered(name: str, outcome: RunOutcome) -> list[str]:
    version, facts = outcome.version, outcome.facts
    if version is None:
        return []
    if not outcome.is_new:
        return [f"{name} made exactly {version.name} again: {version.digest}"]
    named = only_files(version.manifest.artifacts)
    folder = f"  note: `load` gives back only a folder, with files=True: {named}"
    held = f", {STAGING} points at it" if STAGING in version.labels else ""
    return [
        f"{name} made {version.name}{held}: {version.digest}",
        pairs(
            [
                *(fact for fact in _facts(facts) if fact[1] != "-" and fact[0] != "gap"),
                *(("gap", f"{gap.field}: {gap.reason}") for gap in version.gaps),
            ],
            indent="  ",
        ),
        *([folder] if named else []),
    ]


def _looks(registry: Registry, outcome: RunOutcome) -> list[LookAhead]:
    """Tell the looks that a run's own metrics are, at data that it read and policies name."""
    version = outcome.version
    if version is None or not outcome.is_new or not outcome.facts.metrics:
        return []
    return [
        look
        for snapshot in dict.fromkeys(given.snapshot for given in version.manifest.inputs)
        for look in registry.looks(version.digest, on=snapshot)
    ]


def _looked(looks: list[LookAhead]) -> list[str]:
    if not looks:
        return []
    from cairn.gates.report import looks_taken

    return [*looks_taken(looks)]


def _value(outcome: RunOutcome) -> dict[str, object]:
    return {
        "run": outcome.run,
        "version": outcome.version.name if outcome.version else None,
        "digest": outcome.version.digest if outcome.version else None,
        "is_new": outcome.is_new,
        "problem": str(outcome.problem) if outcome.problem else None,
        "next_step": outcome.next_step,
        "notes": outcome.notes,
    }


def _exit_code(outcome: RunOutcome, *, require_version: bool) -> int:
    """The script's own code; of one that succeeded, `Refused` if a version is demanded."""
    if outcome.exit_code == 0 and outcome.version is None and require_version:
        return Refused.exit_code
    return outcome.exit_code
