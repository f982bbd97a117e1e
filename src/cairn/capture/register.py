"""Make versions: of a run's model, or of weights on disk.

Everything is stored first, and one request names it: a registration that is interrupted has
left objects that nothing refers to, and no version.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import msgspec

from cairn.capture.manifest import gap_order
from cairn.capture.models.artifacts import no_golden, store_path
from cairn.capture.models.checks import check_files, load_back
from cairn.capture.models.chosen import chosen_manifest
from cairn.capture.models.word import NOTHING, Word, with_word
from cairn.capture.project import code as codes
from cairn.capture.project.committed import with_commit
from cairn.capture.project.environment import describe
from cairn.capture.secret_files import refuse_secrets
from cairn.capture.secrets import known_here
from cairn.capture.shared import feature_spec
from cairn.core import reference
from cairn.core.digest import Digest
from cairn.core.errors import NotFound, Refused, Unavailable
from cairn.core.label import STAGING
from cairn.core.name import LabelName, ModelName, RunId
from cairn.core.run import Gap, RunFacts
from cairn.core.version import UNSTAGED, Manifest, RegisterVersion, Version
from cairn.project import Project


class Registered(NamedTuple):
    """A version, and whether `staging` is to point at it: it is new, and not from before."""

    version: Version
    is_for_staging: bool


_NOT_OF_THE_TRAINING = Gap(
    field="code",
    reason="code and environment are those of the registration, not of the training, which "
    "nobody watched",
    fix="train under `cairn run`, or leave both out with `--retroactive`",
)


def register_manifest(
    project: Project,
    manifest: Digest,
    *,
    model: ModelName,
    run: str | None = None,
    retroactive: bool = False,
    stage: LabelName = UNSTAGED,
) -> Version:
    """Check a stored manifest against the project's rules, load its model back, register it.

    Raises `Refused` for a missing file of the checklist, and for a model that cannot be loaded
    back or gives other golden predictions (R24); nothing is registered then.
    """
    settings = project.settings.model(model)
    found = project.objects.get_record(manifest, Manifest)
    if found.artifacts is not None and not _is_registered(project, manifest):
        check_files(project.objects, found.artifacts, settings.checklist)
        load_back(project.objects, found.artifacts)
    return project.engine.send(
        RegisterVersion(
            model=model,
            manifest=manifest,
            run=run,
            retroactive=retroactive,
            stage=stage,
            required=settings.fields,
        )
    )


def register_run(
    project: Project,
    run: str,
    *,
    artifact: str | None = None,
    model: str | None = None,
    word: Word = NOTHING,
    retroactive: bool = False,
) -> Registered:
    """Make a version of a model that a run wrote; `artifact` is its path if it wrote several.

    A file that the run wrote, but that was not recognised as a model, can be named as well.
    What was not seen of it is somebody's `word`.
    """
    found = project.run(run)
    if found.facts is None or found.status != "succeeded":
        raise Refused(
            f"run {found.id[:12]} is {found.status}: nothing can be registered from it",
            fix="run it again to its end",
        )
    facts = project.objects.get_record(found.facts, RunFacts)
    name = reference.model_name(model, team=project.settings.team) if model else found.model
    manifest = chosen_manifest(project, facts, artifact, run=found)
    if not retroactive:
        manifest = with_commit(manifest, facts, root=project.settings.folder)
    digest = project.objects.put_record(with_word(project, manifest, word))
    return _registered(project, digest, model=name, run=found.id, retroactive=retroactive)


def register_path(
    project: Project,
    path: Path,
    model: str,
    word: Word = NOTHING,
    *,
    retroactive: bool = False,
) -> Registered:
    """Make a version of weights on disk: a file or folder of any format.

    What is given is somebody's word and is listed as asserted. Code and environment are those
    of this moment, listed as reconstructed, with a gap that says so; `retroactive` leaves them
    out, for a model whose training nobody watched, and registers it with the gaps.
    """
    name = reference.model_name(model, team=project.settings.team)
    if not path.exists() and not path.is_symlink():
        raise NotFound(f"there is nothing at {path} to register")
    refuse_secrets(path, known_here(project.settings.folder))
    bare = Manifest(artifacts=store_path(project.objects, path), gaps=(no_golden(),))
    manifest = with_word(project, bare, word)
    if not retroactive:
        spec = feature_spec(project, name)
        manifest = msgspec.structs.replace(manifest, feature_spec=spec)
        manifest = _as_of_now(project, manifest)
    digest = project.objects.put_record(manifest)
    return _registered(project, digest, model=name, run=None, retroactive=retroactive)


def _registered(
    project: Project,
    manifest: Digest,
    *,
    model: ModelName,
    run: RunId | None,
    retroactive: bool,
) -> Registered:
    """Register, and tell whether `staging` is to follow; one from before stays off it."""
    staged = not (retroactive or _is_registered(project, manifest))
    version = register_manifest(
        project,
        manifest,
        model=model,
        run=run,
        retroactive=retroactive,
        stage=STAGING if staged else UNSTAGED,
    )
    return Registered(version, staged)


def _as_of_now(project: Project, manifest: Manifest) -> Manifest:
    """Add the code and the environment of this moment."""
    settings = project.settings
    before = codes.look(settings.folder, store=settings.store)
    described = codes.describe(before, objects=project.objects, folder=settings.folder)
    gaps: list[Gap] = [*manifest.gaps, *described.gaps]
    try:
        path = [entry for entry in sys.path if entry]
        found = describe(sys.executable, path, top=before.top, objects=project.objects)
    except Unavailable as error:
        return msgspec.structs.replace(manifest, gaps=(*gaps, _no_environment(error)))
    return msgspec.structs.replace(
        manifest,
        code=described.code,
        environment=found.environment,
        reconstructed=(*manifest.reconstructed, "code", "environment"),
        gaps=tuple(sorted({*gaps, *found.gaps, _NOT_OF_THE_TRAINING}, key=gap_order)),
    )


def _no_environment(error: Unavailable) -> Gap:
    return Gap(field="environment", reason=str(error), fix="register it where it was trained")


def _is_registered(project: Project, manifest: Digest) -> bool:
    try:
        project.version(manifest)
    except NotFound:
        return False
    return True
