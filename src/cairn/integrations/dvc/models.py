"""The models of a DVC project: outputs that are weights become versions, as imported evidence.

Nobody watched them being trained. What the project says of it (commit, data, parameters,
metrics) is recorded as reconstructed, what nobody knows as gaps; no label moves.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

import msgspec

from cairn.capture.models.artifacts import no_golden, store_path
from cairn.capture.secret_files import refuse_secrets
from cairn.capture.secrets import known_here
from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Corrupt
from cairn.core.name import MetricName, ModelName
from cairn.core.reference import model_name
from cairn.core.run import Code, Gap, Input
from cairn.core.version import (
    Artifacts,
    Manifest,
    RegisterVersion,
    ReleaseVersion,
    Version,
    parse_release,
)
from cairn.data.copies import Taken, take
from cairn.data.dvc.outputs import Output, Stage
from cairn.data.dvc.places import Places
from cairn.data.dvc.text import load, scalar
from cairn.integrations.dvc.data import State
from cairn.integrations.dvc.history import Moment
from cairn.inventory.formats import HEAD_BYTES, format_of, suffix_of
from cairn.inventory.walk import File, head
from cairn.project import Project

PATH, MD5 = "dvc.path", "dvc.md5"
_WEIGHTS = frozenset(
    {".safetensors", ".onnx", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".h5"}
    | {".hdf5", ".keras", ".gguf", ".skops", ".cbm", ".ubj", ".tflite", ".bst", ".mlmodel"}
    | {".npz", ".txt", ".json", ".bin", ".model"}
)
LARGEST_METRICS = 1 << 20


class Candidate(NamedTuple):
    """A state of an output that is a model, and what it is called."""

    state: State
    model: ModelName
    is_declared: bool


def candidates(project: Project, states: list[State]) -> Iterator[Candidate]:
    """Find the outputs that can be models: those the project calls so, and weights by name."""
    for state in states:
        output, moment = state.output, state.moments[0]
        declared = [a for a in moment.artifacts if a.path == output.path]
        named = next((a.name for a in declared if a.kind == "model"), "")
        if not named and (output.is_folder or suffix_of(output.path) not in _WEIGHTS):
            continue
        called = named or posixpath.basename(output.path).partition(".")[0]
        yield Candidate(state, _model(project, called), bool(named))


def register(
    project: Project,
    places: Places,
    candidate: Candidate,
    snapshots: Mapping[tuple[str, str], Digest],
) -> tuple[Version, bool] | None:
    """Register a model unless it is none or cannot be had; tells whether it is new.

    Raises `Refused` for one with a secret in it.
    """
    known = _registered(project, candidate)
    if known is not None:
        return known, False
    artifacts = _artifacts(project, places, candidate)
    if artifacts is None:
        return None
    manifest = _manifest(candidate, artifacts, snapshots, places)
    version = project.engine.send(
        RegisterVersion(
            model=candidate.model,
            manifest=project.objects.put_record(manifest),
            retroactive=True,
        )
    )
    return version, True


def _registered(project: Project, candidate: Candidate) -> Version | None:
    output = candidate.state.output
    wanted = {PATH: output.path, MD5: output.md5}
    for version in project.versions(candidate.model):
        if all(version.manifest.fields.get(name) == value for name, value in wanted.items()):
            return version
    return None


def _artifacts(project: Project, places: Places, candidate: Candidate) -> Artifacts | None:
    """Store the files of a model; None if they are not weights, or not all there."""
    output = candidate.state.output
    with TemporaryDirectory(prefix="cairn-") as room:
        target = Path(room) / posixpath.basename(output.path)
        if not _written(places, output, target):
            return None
        if not candidate.is_declared and not _is_weights(target, output.path):
            return None
        refuse_secrets(target, known_here(project.settings.folder))
        return store_path(project.objects, target)


def _written(places: Places, output: Output, target: Path) -> bool:
    """Write an output's files, verified; False if one cannot be had."""
    if not output.is_folder:
        return _copied(places, output, target)
    members = places.members(output)
    for member in members:
        place = target / member.path
        place.parent.mkdir(parents=True, exist_ok=True)
        single = output._replace(md5=member.md5, path=f"{output.path}/{member.path}")
        if not _copied(places, single, place):
            return False
    return bool(members)


def _copied(places: Places, output: Output, target: Path) -> bool:
    found = take(places.wanted(output, path=target.name.encode()), None)
    if not isinstance(found, Taken):
        return False
    with target.open("wb") as file:
        for chunk in found.copy.chunks():
            file.write(chunk)
    return True


def _is_weights(path: Path, name: str) -> bool:
    file = File(str(path), name, path.stat().st_size)
    found = format_of(file, head(file, HEAD_BYTES))
    return found is not None and found.part == "weights"


def _manifest(
    candidate: Candidate,
    artifacts: Artifacts,
    snapshots: Mapping[tuple[str, str], Digest],
    places: Places,
) -> Manifest:
    moment, output = candidate.state.moments[0], candidate.state.output
    stage = next((s for s in moment.stages if output in s.outputs), None)
    inputs = tuple(_inputs(stage, snapshots))
    metrics = _metrics(stage, moment, places)
    code = Code(commit=moment.commit) if moment.commit else None
    parameters = dict(sorted(stage.parameters.items())) if stage else {}
    parts = {"inputs": inputs, "code": code, "parameters": parameters, "metrics": metrics}
    return Manifest(
        artifacts=artifacts,
        inputs=inputs,
        code=code,
        parameters=parameters,
        metrics=metrics,
        fields={PATH: output.path, MD5: output.md5},
        reconstructed=tuple(name for name, value in parts.items() if value),
        gaps=(_imported(moment), no_golden()),
    )


def _inputs(
    stage: Stage | None, snapshots: Mapping[tuple[str, str], Digest]
) -> Iterator[Input]:
    for given in stage.inputs if stage else ():
        digest = snapshots.get((given.path, given.md5))
        if digest is not None:
            yield Input(role="train", snapshot=digest, path=given.path)


def _metrics(stage: Stage | None, moment: Moment, places: Places) -> dict[str, float]:
    """Read the metrics that the stage wrote: from git where they lie there, else by MD5."""
    found: dict[str, float] = {}
    for output in moment.measured if stage else ():
        if stage is None or output not in stage.outputs:
            continue
        content = moment.state.read(output.path) or _small(places, output)
        try:
            found |= dict(_numbers(load(output.path, content or b"")))
        except Corrupt:
            continue
    return found


def _small(places: Places, output: Output) -> bytes | None:
    found = take(places.wanted(output, path=b"metrics"), None)
    if isinstance(found, Taken) and found.entry.size <= LARGEST_METRICS:
        return b"".join(found.copy.chunks())
    return None


def _numbers(values: Any, prefix: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(values, dict):
        for name, value in cast("dict[str, Any]", values).items():
            yield from _numbers(value, f"{prefix}.{name}" if prefix else name)
        return
    number = scalar(values)
    if isinstance(number, int | float) and not isinstance(number, bool) and _fits(prefix):
        yield prefix, float(number)


def _fits(name: str) -> bool:
    try:
        msgspec.convert(name, MetricName)
    except msgspec.ValidationError:
        return False
    return True


def _imported(moment: Moment) -> Gap:
    return Gap(
        field="code",
        reason="adopted from DVC: nobody watched the training, and the commit is the first "
        f"one whose files of DVC's name the model ({moment.called})",
        fix="train it again under `cairn run`",
    )


def _model(project: Project, called: str) -> ModelName:
    plain = re.sub(r"[^a-z0-9._-]+", "-", called.lower()).strip("._-") or "model"
    return model_name(plain[:100].strip("._-"), team=project.settings.team)


def release(project: Project, version: Version, number: str) -> str:
    """Give a version the number that GTO gave it; returns why not, or nothing."""
    if version.release == number:
        return ""
    try:
        parse_release(number)
        project.engine.send(
            ReleaseVersion(model=version.model, version=version.digest, release=number)
        )
    except CairnError as error:
        return f"GTO calls {version.name} {number}: {json.dumps(str(error))[1:-1]}"
    return ""
