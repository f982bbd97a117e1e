"""From what was observed to what is recorded: the facts of a run, and a manifest a model.

A manifest holds nothing of this one run: no time, path, process or order. The same code, data
and seeds give the same manifest, in another clone and tomorrow.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from cairn.capture.events import Metric, Session
from cairn.capture.inputs import Frozen, freeze_inputs
from cairn.capture.manifest import Built, Shared, gap_order, input_order, merged
from cairn.capture.models import saved_models
from cairn.capture.observed import Observed
from cairn.capture.outputs import Outputs, store_outputs
from cairn.capture.project.committed import digests_of_sources
from cairn.capture.secrets import known_of, plain_words
from cairn.capture.shared import share
from cairn.capture.touched import touched
from cairn.core.digest import Digest
from cairn.core.run import Input, RunFacts
from cairn.core.secret import PLACES, Known, redact, redact_command
from cairn.core.version import Manifest
from cairn.project import Project

Value = TypeVar("Value")


@dataclass(frozen=True)
class Assembled:
    """The facts of a run, its models, and remarks for whoever started it."""

    facts: RunFacts
    models: tuple[Built, ...] = ()
    notes: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    """Runs that the script recorded by itself."""


def assemble(project: Project, run: Observed) -> Assembled:
    """Store everything that a run left behind; of one that failed, what explains it."""
    root = project.settings.folder.resolve()
    files = touched(run.journal.events, run.room / "kept")
    known = known_of(run, files, root=root)
    if run.succeeded:
        frozen = freeze_inputs(project, files, root=root, known=known)
        shared = share(project, run, files, frozen=frozen, root=root, known=known)
        built = saved_models.build(project, run.journal, shared, room=run.room, files=files)
        outputs = store_outputs(project, files.outputs, root=root, known=known)
    else:
        frozen = Frozen((), {}, ())
        shared = share(project, run, files, frozen=frozen, root=root, known=known)
        built, outputs = (), Outputs({}, ())
    facts = _facts(project, run, shared=shared, built=built, outputs=outputs)
    if facts.code is None:
        sources = digests_of_sources(files, root=root)
        facts = msgspec.structs.replace(facts, sources=sources)
    notes = tuple(dict.fromkeys(note for one in built for note in one.notes))
    notes += _unsearched(frozen)
    sessions = tuple(event.run for event in run.journal.of(Session))
    return Assembled(facts, built, notes, sessions)


def _facts(
    project: Project,
    run: Observed,
    *,
    shared: Shared,
    built: Sequence[Built],
    outputs: Outputs,
) -> RunFacts:
    manifest = shared.manifest
    of_models = {gap for one in built for gap in (*one.manifest.gaps, *one.gaps)}
    gaps = {*manifest.gaps, *of_models, *outputs.gaps}
    parameters = _apart({one.path: one.manifest.parameters for one in built})
    return RunFacts(
        command=_command(run, shared.known),
        code=manifest.code,
        branch=shared.branch,
        inputs=_all_inputs(manifest, built),
        outputs=outputs.stored,
        environment=manifest.environment,
        host=shared.host,
        seeds=merged(manifest.seeds, *(one.manifest.seeds for one in built)),
        unseeded=manifest.unseeded,
        parameters=parameters or manifest.parameters,
        metrics=_metrics(run, built),
        evaluations=tuple(sorted({e for one in built for e in one.manifest.evaluations})),
        artifacts={one.path: one.digest for one in built},
        log=_log(project, run, shared.known),
        duration_seconds=round(run.ended.seconds, 3),
        exit_code=run.ended.exit_code,
        gaps=tuple(sorted(gaps, key=gap_order)),
    )


def _all_inputs(manifest: Manifest, built: Sequence[Built]) -> tuple[Input, ...]:
    found = {*manifest.inputs, *(i for b in built for i in b.manifest.inputs)}
    return tuple(sorted(found, key=input_order))


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


def _unsearched(frozen: Frozen) -> tuple[str, ...]:
    """Say which data nobody looked into for secrets."""
    if not frozen.unsearched:
        return ()
    first, *others = frozen.unsearched
    more = f" and {len(others)} more" if others else ""
    return (f"not looked into for secrets, as it is large: {first}{more}",)


def _command(run: Observed, known: Known) -> tuple[str, ...]:
    shown = redact_command(run.command, plain_words(run.command, run.folder))
    return tuple(map(known.redact, shown))


def _log(project: Project, run: Observed, known: Known) -> Digest | None:
    if not run.ended.output:
        return None
    text = run.ended.output.decode(errors="backslashreplace")
    return project.objects.put(redact(known.redact(text), PLACES["log"]).encode())
