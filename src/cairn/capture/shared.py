"""What all models of a run have in common: inputs, code, environment, seeds, parameters."""

from pathlib import Path

from cairn.capture.events import Journal, Options, Process, Saved, Seeded, Unseeded
from cairn.capture.gaps import observed_gaps
from cairn.capture.inputs import Frozen
from cairn.capture.manifest import Shared, gap_order, input_order
from cairn.capture.observed import Observed
from cairn.capture.parameters import options_of, plain_scalars
from cairn.capture.project import code as codes
from cairn.capture.project.environment import Described, describe, shown_variables
from cairn.capture.secrets import clean_gap
from cairn.capture.touched import Touched, place_of
from cairn.core.digest import Digest
from cairn.core.errors import Unavailable
from cairn.core.name import ModelName
from cairn.core.run import Gap, Scalar, Seed
from cairn.core.secret import Known
from cairn.core.version import Manifest
from cairn.project import Project

HASH_SEED = "PYTHONHASHSEED"


def share(
    project: Project,
    run: Observed,
    files: Touched,
    *,
    frozen: Frozen,
    root: Path,
    known: Known,
) -> Shared:
    """Describe a run as a manifest without a model in it."""
    code = _code(project, run, files, frozen=frozen, root=root, known=known)
    environment, environment_gaps = _environment(project, run)
    seen = observed_gaps(run.journal, run.command, succeeded=run.succeeded)
    gaps = {*run.journal.gaps, *code.gaps, *environment_gaps, *frozen.gaps, *seen}
    manifest = Manifest(
        inputs=tuple(sorted({*frozen.inputs, *run.told.inputs}, key=input_order)),
        code=code.code,
        environment=environment.environment if environment else None,
        seeds=_seeds(run.journal),
        unseeded=tuple(sorted({event.generator for event in run.journal.of(Unseeded)})),
        parameters=_parameters(run, frozen, root, known),
        feature_spec=feature_spec(project, run.model),
        fields=plain_scalars(run.told.fields, root=root, known=known),
        gaps=tuple(sorted({clean_gap(gap, known) for gap in gaps}, key=gap_order)),
    )
    host = environment.host if environment else None
    return Shared(run.model, manifest, code.branch, host, root, run.told, known)


def feature_spec(project: Project, model: ModelName) -> Digest | None:
    """Store the files that compute a model's features, if `cairn.toml` names any."""
    patterns = project.settings.model(model).features
    if not patterns:
        return None
    from cairn.data.features import store_features  # it compares tables, too

    return store_features(project.objects, project.settings.folder, patterns)


def _code(
    project: Project,
    run: Observed,
    files: Touched,
    *,
    frozen: Frozen,
    root: Path,
    known: Known,
) -> codes.Described:
    settings = [root / place_of(i.path) for i in frozen.inputs if i.role == "config"]
    return codes.describe(
        run.before,
        objects=project.objects,
        command=run.command,
        folder=run.folder,
        configuration=settings,
        sources=files.sources,
        made=files.made_blindly(),
        known=known,
    )


def _environment(project: Project, run: Observed) -> tuple[Described | None, tuple[Gap, ...]]:
    """Describe the Python that saved the model, or else the first one."""
    process = _main_process(run.journal)
    if process is None:
        return None, ()
    try:
        found = describe(
            process.executable, process.path, top=run.before.top, objects=project.objects
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


def _parameters(run: Observed, frozen: Frozen, root: Path, known: Known) -> dict[str, Scalar]:
    said = {name: value for e in run.journal.of(Options) for name, value in e.values.items()}
    options = said or ({} if run.told.parameters else options_of(run.command))
    variables = shown_variables(run.variables)
    variables.pop(HASH_SEED, None)
    return {
        **frozen.parameters,
        **plain_scalars(variables, root=root, prefix="env.", known=known),
        **plain_scalars(options, root=root, prefix="args.", known=known),
        **plain_scalars(run.told.parameters, root=root, known=known),
    }
