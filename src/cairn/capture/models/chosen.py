"""Which of the things that a run wrote is the model that a person means."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from cairn.capture.gaps import clipped_gap
from cairn.capture.manifest import gap_order
from cairn.capture.models.artifacts import no_golden, store_path
from cairn.capture.models.likeliest import likeliest_file
from cairn.capture.project.sources import is_private
from cairn.capture.secret_files import is_redacted, refuse_secrets
from cairn.capture.secrets import known_here
from cairn.core.digest import Digest
from cairn.core.errors import Invalid, Refused
from cairn.core.run import Gap, Run, RunFacts
from cairn.core.tree import escape
from cairn.core.version import Artifacts, Manifest
from cairn.project import Project

SHOWN = 10


def chosen_manifest(
    project: Project, facts: RunFacts, artifact: str | None, *, run: Run
) -> Manifest:
    """Find the manifest of the model at the path `artifact`, or of the only one there is.

    Any file that the run wrote can be named, and any folder of such files, by its path from
    the project or from here; and what lies elsewhere, if it last changed while the run went
    on. Raises `Invalid` naming what the run wrote.
    """
    if artifact is None and len(set(facts.artifacts.values())) == 1:
        return project.objects.get_record(next(iter(facts.artifacts.values())), Manifest)
    for path in _spellings(artifact, project.settings.folder) if artifact else ():
        if path in facts.artifacts:
            return project.objects.get_record(facts.artifacts[path], Manifest)
        inside = path.rstrip("/") + "/"
        files = {name: d for name, d in facts.outputs.items() if name.startswith(inside)}
        if path in facts.outputs:
            files = {path: facts.outputs[path]}
        if files:
            _refuse_redacted(project, files)
            return _of_outputs(project, facts, files, path)
    if artifact is not None and _changed_during(Path(artifact), run):
        return _of_elsewhere(project, facts, Path(artifact))
    raise Invalid(_what_was_written(project, facts, artifact, run.id[:12]))


def proposable(project: Project, outputs: Mapping[str, Digest]) -> list[str]:
    """List the outputs of a run that may be a model: none for secrets, none changed."""
    return [
        path
        for path, digest in sorted(outputs.items())
        if not (is_private(path.encode()) or is_redacted(project.objects, digest))
    ]


def _refuse_redacted(project: Project, files: Mapping[str, Digest]) -> None:
    changed = [path for path, d in files.items() if is_redacted(project.objects, d)]
    if changed:
        raise Refused(
            f"what is kept of {min(changed)} lacks the secret that was in it, so it is not "
            "the file that the run wrote",
            fix="write it without secrets, and run it again",
        )


def _spellings(artifact: str, root: Path) -> list[str]:
    """Spell a path as outputs are: from the root of the project, or in full outside of it."""
    here = Path(os.path.abspath(artifact))  # noqa: PTH100 (links are followed below, if at all)
    found = [artifact.rstrip("/")]
    for place in (here, here.resolve()):
        tops = [top for top in (root, root.resolve()) if place.is_relative_to(top)]
        inside = [place.relative_to(top) for top in tops]
        found += [escape(os.fsencode(each)) for each in (*inside, place)]
    return list(dict.fromkeys(found))


def _what_was_written(
    project: Project, facts: RunFacts, artifact: str | None, run: str
) -> str:
    wrote = sorted(facts.artifacts) or proposable(project, facts.outputs)
    listed = ", ".join(wrote[:SHOWN]) or "nothing"
    if len(wrote) > SHOWN:
        listed += f" and {len(wrote) - SHOWN} more"
    if artifact is None:
        return f"run {run} wrote {listed}: name the model's file with `--artifact PATH`"
    likely = likeliest_file(wrote)
    hint = f"; did you mean `--artifact {likely}`?" if likely else ""
    return f"run {run} did not write {artifact}: it wrote {listed}{hint}"


def _of_outputs(
    project: Project, facts: RunFacts, files: dict[str, Digest], path: str
) -> Manifest:
    """Make a manifest of files whose model nobody saw: metrics of other models are not its."""
    with TemporaryDirectory(prefix="cairn-") as folder:
        top = Path(folder) / Path(path).name
        for name, digest in files.items():
            place = top if name == path else top / name.removeprefix(path).lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            project.objects.copy_to(digest, place)
        artifacts = store_path(project.objects, top)
    return _unseen(facts, artifacts)


def _of_elsewhere(project: Project, facts: RunFacts, place: Path) -> Manifest:
    """Make a manifest of files that nobody saw the run write: when they changed says so."""
    refuse_secrets(place, known_here(project.settings.folder))
    gap = clipped_gap(
        "artifacts",
        f"{place.name} lies outside of what was watched: that it last changed while the run "
        "went on is all that says the run wrote it",
        fix="write it into the project, and run it again",
    )
    return _unseen(facts, store_path(project.objects, place), gap)


def _changed_during(place: Path, run: Run) -> bool:
    """Tell whether files were last touched, by the file system's clock, within a run."""
    if run.ended_at is None or not place.exists():
        return False
    began, ended = (
        datetime.fromisoformat(at).timestamp() for at in (run.started_at, run.ended_at)
    )
    files = [each for each in _below(place) if not each.is_dir()]
    return bool(files) and all(began <= each.lstat().st_ctime <= ended for each in files)


def _below(place: Path) -> Iterable[Path]:
    return place.rglob("*") if place.is_dir() else [place]


def _unseen(facts: RunFacts, artifacts: Artifacts, *found: Gap) -> Manifest:
    own = not facts.artifacts
    gaps = {*facts.gaps, *found, no_golden()}
    return Manifest(
        artifacts=artifacts,
        inputs=facts.inputs,
        code=facts.code,
        environment=facts.environment,
        seeds=facts.seeds,
        unseeded=facts.unseeded,
        parameters=facts.parameters if own else {},
        metrics=facts.metrics if own else {},
        evaluations=(),
        reconstructed=("metrics",) if own and facts.metrics else (),
        gaps=tuple(sorted(gaps, key=gap_order)),
    )
