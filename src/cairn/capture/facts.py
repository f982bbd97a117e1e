"""From what was observed to what is recorded: the facts of a run, and a manifest a model.

A manifest holds nothing of this one run: no time, path, process or order. The same code, data
and seeds give the same manifest, in another clone and tomorrow.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cairn.capture import code as codes
from cairn.capture import models
from cairn.capture.environment import Described, describe, shown_variables
from cairn.capture.events import (
    Journal,
    Metric,
    Options,
    Process,
    Saved,
    Seeded,
    Session,
    Unseeded,
)
from cairn.capture.gaps import clipped_gap, observed_gaps
from cairn.capture.inputs import Frozen, freeze_inputs
from cairn.capture.manifest import Built, Shared, gap_order, input_order
from cairn.capture.parameters import options_of, plain_scalars
from cairn.capture.redact import redact_command, redact_text, secrets_in
from cairn.capture.script import Ended
from cairn.capture.told import Told
from cairn.capture.touched import Touched, place_of, touched
from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Unavailable
from cairn.core.name import ModelName
from cairn.core.run import Gap, Input, RunFacts, Scalar, Seed
from cairn.core.tree import escape
from cairn.core.version import Manifest
from cairn.registry import Registry

Value = TypeVar("Value")
LARGEST_OUTPUT = 1 << 30
HASH_SEED = "PYTHONHASHSEED"


@dataclass(frozen=True)
class Observed:
    """A run that has ended, with all that its processes wrote down."""

    model: ModelName
    command: tuple[str, ...]
    folder: Path
    before: codes.Before
    journal: Journal
    room: Path
    ended: Ended
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    told: Told = field(default_factory=Told)


@dataclass(frozen=True)
class Assembled:
    """The facts of a run, its models, and remarks for whoever started it."""

    facts: RunFacts
    models: tuple[Built, ...] = ()
    notes: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    """Runs that the script recorded by itself."""


def assemble(registry: Registry, run: Observed) -> Assembled:
    """Store everything that a run left behind; of one that failed, what explains it."""
    root = registry.settings.folder.resolve()
    files = touched(run.journal.events, run.room / "kept")
    succeeded = run.ended.code == 0
    frozen = freeze_inputs(registry, files, root=root) if succeeded else Frozen((), {}, ())
    shared = _shared(registry, run, files, frozen=frozen, root=root)
    built = _models(registry, run, shared, files=files) if succeeded else ()
    outputs, output_gaps = _outputs(registry, files, root=root) if succeeded else ({}, ())
    of_models = [gap for one in built for gap in (*one.manifest.gaps, *one.gaps)]
    gaps = [*shared.manifest.gaps, *of_models, *output_gaps]
    facts = RunFacts(
        command=redact_command(run.command),
        code=shared.manifest.code,
        branch=shared.branch,
        inputs=_all_inputs(shared.manifest, built),
        outputs=outputs,
        environment=shared.manifest.environment,
        host=shared.host,
        seeds=shared.manifest.seeds,
        unseeded=shared.manifest.unseeded,
        parameters=_apart({b.path: b.manifest.parameters for b in built})
        or shared.manifest.parameters,
        metrics=_metrics(run, built),
        evaluations=tuple(sorted({e for b in built for e in b.manifest.evaluations})),
        artifacts={b.path: b.digest for b in built},
        log=_log(registry, run),
        duration_seconds=round(run.ended.seconds, 3),
        exit_code=run.ended.exit_code,
        gaps=_unique(gaps),
    )
    notes = tuple(dict.fromkeys(note for one in built for note in one.notes))
    sessions = tuple(event.run for event in run.journal.of(Session))
    return Assembled(facts, built, notes, sessions)


def _shared(
    registry: Registry, run: Observed, files: Touched, *, frozen: Frozen, root: Path
) -> Shared:
    """Describe what all models of the run have in common."""
    described = codes.describe(
        run.before,
        objects=registry.objects,
        command=redact_command(run.command),
        folder=run.folder,
        configuration=[root / place_of(i.path) for i in frozen.inputs if i.role == "config"],
        sources=files.sources,
        made=files.made_blindly(),
    )
    environment, environment_gaps = _environment(registry, run)
    gaps = [
        *run.journal.gaps,
        *described.gaps,
        *environment_gaps,
        *frozen.gaps,
        *observed_gaps(run.journal, run.command, succeeded=run.ended.code == 0),
    ]
    manifest = Manifest(
        inputs=tuple(sorted({*frozen.inputs, *run.told.inputs}, key=input_order)),
        code=described.code,
        environment=environment.environment if environment else None,
        seeds=_seeds(run.journal),
        unseeded=tuple(sorted({e.generator for e in run.journal.of(Unseeded)})),
        parameters=_parameters(run, frozen, root),
        fields=run.told.fields,
        gaps=_unique(gaps),
    )
    return Shared(
        model=run.model,
        manifest=manifest,
        branch=described.branch,
        host=environment.host if environment else None,
        root=root,
        told=run.told,
    )


def _environment(
    registry: Registry, run: Observed
) -> tuple[Described | None, tuple[Gap, ...]]:
    """Describe the Python that saved the model, or else the first one."""
    process = _main_process(run.journal)
    if process is None:
        return None, ()
    try:
        found = describe(
            process.executable, process.path, top=run.before.top, objects=registry.objects
        )
    except Unavailable as error:
        return None, (Gap(field="environment", reason=str(error), fix="run it again"),)
    others = {p.executable for p in run.journal.of(Process)} - {process.executable}
    gap = Gap(
        field="environment",
        reason=f"{len(others) + 1} Python environments took part in the run, and one is "
        "recorded: that of the process that saved the model",
        fix="train in one environment",
    )
    return found, (*found.gaps, *((gap,) if others else ()))


def _main_process(journal: Journal) -> Process | None:
    processes = journal.of(Process)
    saved = journal.of(Saved)
    if saved:
        number = saved[-1].model.partition("-")[0]
        ours = [p for p in processes if str(p.number) == number]
        return next(iter(ours or processes), None)
    return next(iter(processes), None)


def _seeds(journal: Journal) -> tuple[Seed, ...]:
    found = {Seed(generator=e.generator, value=e.value) for e in journal.of(Seeded)}
    for process in journal.of(Process):
        if process.hash_seed not in (None, "", "random"):
            found.add(Seed(generator=HASH_SEED, value=str(process.hash_seed)))
    return tuple(sorted(found, key=lambda seed: (seed.generator, seed.value)))


def _parameters(run: Observed, frozen: Frozen, root: Path) -> dict[str, Scalar]:
    said = {name: value for e in run.journal.of(Options) for name, value in e.values.items()}
    options = said or ({} if run.told.parameters else options_of(run.command))
    variables = shown_variables(run.variables)
    variables.pop(HASH_SEED, None)
    known = secrets_in(run.command, run.variables)
    found = {
        **frozen.parameters,
        **plain_scalars(variables, root=root, prefix="env."),
        **plain_scalars(options, root=root, prefix="args."),
        **plain_scalars(run.told.parameters, root=root),
    }
    return {
        name: redact_text(value, known=known) if isinstance(value, str) else value
        for name, value in found.items()
    }


def _outputs(
    registry: Registry, files: Touched, *, root: Path
) -> tuple[dict[str, Digest], tuple[Gap, ...]]:
    stored: dict[str, Digest] = {}
    gaps: list[Gap] = []
    for path in sorted(files.outputs):
        name = escape(
            os.fsencode(path.relative_to(root) if path.is_relative_to(root) else path)
        )
        try:
            if path.stat().st_size > LARGEST_OUTPUT:
                raise Unavailable("it is larger than 1 GiB")
            stored[name] = registry.objects.put_file(path)[0]
        except (CairnError, OSError) as error:
            reason = f"the output {name} is not kept: {error}"
            gaps.append(clipped_gap("outputs", reason, "keep it yourself"))
    return stored, tuple(gaps)


def _all_inputs(manifest: Manifest, built: Sequence[Built]) -> tuple[Input, ...]:
    found = {*manifest.inputs, *(i for b in built for i in b.manifest.inputs)}
    return tuple(sorted(found, key=input_order))


def _models(
    registry: Registry, run: Observed, shared: Shared, *, files: Touched
) -> tuple[Built, ...]:
    return models.build(registry, run.journal, shared, room=run.room, files=files)


def _metrics(run: Observed, built: Sequence[Built]) -> dict[str, float]:
    """Take the models' metrics; of a run that saved none, the last of each name."""
    if not built:
        last = {event.name: float(event.value) for event in run.journal.of(Metric)}
        return {name: value for name, value in last.items() if math.isfinite(value)}
    return _apart({one.path: one.manifest.metrics for one in built})


def _apart(values: Mapping[str, Mapping[str, Value]]) -> dict[str, Value]:
    """Join what is said of several models: by its name if there is one, else with its path."""
    if len(values) == 1:
        return dict(next(iter(values.values())))
    return {f"{path}:{name}": v for path, each in values.items() for name, v in each.items()}


def _unique(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    return tuple(sorted(set(gaps), key=gap_order))


def _log(registry: Registry, run: Observed) -> Digest | None:
    if not run.ended.output:
        return None
    text = run.ended.output.decode(errors="backslashreplace")
    known = secrets_in(run.command, run.variables)
    return registry.objects.put(redact_text(text, known=known).encode())
