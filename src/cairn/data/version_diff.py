"""Compares two versions ingredient by ingredient: whatever their manifests have is looked at.

1. A part is compared by what is in it: files, columns, packages, values.
2. Where that shows nothing and the manifests differ all the same, the digests of the field
   are shown: no difference goes unsaid.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from cairn.core.difference import Difference, VersionDiff
from cairn.core.digest import Digest, canonical, digest_bytes
from cairn.core.errors import NotFound
from cairn.core.run import RunFacts
from cairn.core.tree import escape
from cairn.core.version import Manifest, Version
from cairn.objects.folders.tree import tree_entries
from cairn.project import Project

SHORT = len("sha256:") + 12
NONE = "-"
Values = Mapping[str, Any]


def diff_versions(project: Project, before: Version, after: Version) -> VersionDiff:
    """List every difference between two versions; equal digests have none but their runs'."""
    return VersionDiff(
        before=before.name,
        after=after.name,
        differences=tuple(_rows(project, before, after)),
    )


def _rows(project: Project, before: Version, after: Version) -> Iterator[Difference]:
    yield from _differing("run", _run(project, before), _run(project, after))
    yield from diff_manifests(project, before.manifest, after.manifest)


def diff_manifests(
    project: Project, before: Manifest, after: Manifest
) -> Iterator[Difference]:
    """Yield every difference between two manifests, part by part."""
    for part in PARTS:
        old, new = (part.values(project, one) for one in (before, after))
        rows = list(_differing(part.name, old, new))
        yield from rows or _unseen(part, before, after)


def _differing(part: str, before: Values, after: Values) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, NONE), after.get(name, NONE)
        if (old, type(old)) != (new, type(new)):
            change = _change(old, new)
            yield Difference(
                part=part, what=name, before=str(old), after=str(new), change=change
            )


def _unseen(part: "Part", before: Manifest, after: Manifest) -> Iterator[Difference]:
    """Show fields that differ in what no row of their part says."""
    for field in part.fields:
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            was, now = (digest_bytes(canonical({field: one}))[:SHORT] for one in (old, new))
            yield Difference(part=part.name, what=field, before=was, after=now)


def _change(before: Any, after: Any) -> float | None:
    if any(
        isinstance(one, bool) or not isinstance(one, int | float) for one in (before, after)
    ):
        return None
    return round(after - before, 12)


def _run(project: Project, version: Version) -> Values:
    """Say what was typed: the run's own facts have words that the ledger withholds."""
    if version.run is None:
        return {}
    run = project.run(version.run)
    command = run.command
    if run.facts is not None and project.objects.has(run.facts):
        command = project.objects.get_record(run.facts, RunFacts).command or command
    return {"command": " ".join(command) or "the Python API"}


def _artifacts(project: Project, manifest: Manifest) -> Values:
    found = manifest.artifacts
    if found is None:
        return {}
    files = _files(project, found.tree)
    return {"(flavor)": found.flavor, "(safety)": found.safety, **files}


def _features(project: Project, manifest: Manifest) -> Values:
    return _files(project, manifest.feature_spec) if manifest.feature_spec else {}


def _files(project: Project, tree: Digest) -> dict[str, str]:
    entries = tree_entries(project.objects, tree)
    return {escape(entry.path): entry.digest[:SHORT] for entry in entries}


def _inputs(_project: Project, manifest: Manifest) -> Values:
    found: dict[str, list[str]] = {}
    for given in manifest.inputs:
        name = f"{given.role} {given.path}".strip()
        found.setdefault(name, []).append(given.snapshot[:SHORT])
    return {name: ", ".join(digests) for name, digests in found.items()}


def _code(_project: Project, manifest: Manifest) -> Values:
    code = manifest.code
    if code is None:
        return {}
    return {
        "commit": code.commit[:12],
        "uncommitted changes": code.patch[:SHORT] if code.patch else NONE,
        "entry point": code.entry_point or NONE,
        "remote": code.remote or NONE,
        "configuration": ", ".join(code.config_files) or NONE,
        **{f"submodule {path}": commit[:12] for path, commit in code.submodules.items()},
    }


def _environment(project: Project, manifest: Manifest) -> Values:
    found = manifest.environment
    if found is None:
        return {}
    return {
        "python": found.python,
        "implementation": found.implementation,
        "operating system": found.operating_system,
        "libc": found.libc or NONE,
        "machine": found.machine,
        "accelerators": ", ".join(found.accelerators) or NONE,
        **_packages(project, found.lock),
    }


def _packages(project: Project, lock: Digest) -> dict[str, str]:
    """Read a lock, one `name==version` a line."""
    try:
        lines = project.objects.get(lock).decode().splitlines()
    except NotFound:
        return {"lock": lock[:SHORT]}
    return {line.partition("==")[0]: line.partition("==")[2] for line in lines}


def _seeds(_project: Project, manifest: Manifest) -> Values:
    seeds = {seed.generator: seed.value for seed in manifest.seeds}
    return seeds | dict.fromkeys(manifest.unseeded, "unseeded")


def _signature(_project: Project, manifest: Manifest) -> Values:
    found = manifest.signature
    if found is None:
        return {}
    sides = (("takes", found.inputs), ("gives", found.outputs))
    return {f"{verb} {name}": kind for verb, columns in sides for name, kind in columns}


def _evaluations(_project: Project, manifest: Manifest) -> Values:
    return {"predictions": ", ".join(one[:SHORT] for one in manifest.evaluations) or NONE}


def _parameters(_project: Project, manifest: Manifest) -> Values:
    return manifest.parameters


def _fields(_project: Project, manifest: Manifest) -> Values:
    return manifest.fields


def _metrics(_project: Project, manifest: Manifest) -> Values:
    return manifest.metrics


def _known(_project: Project, manifest: Manifest) -> Values:
    return {
        "image": manifest.image or NONE,
        "made from": ", ".join(one[:SHORT] for one in manifest.parents) or NONE,
        "reconstructed": ", ".join(manifest.reconstructed) or NONE,
        "asserted": ", ".join(manifest.asserted) or NONE,
        "gaps": ", ".join(gap.field for gap in manifest.gaps) or NONE,
    }


class Part(NamedTuple):
    """One part of a version: its name, the manifest's fields in it, and what to compare."""

    name: str
    fields: tuple[str, ...]
    values: Callable[[Project, Manifest], Values]


PARTS = (
    Part("artifacts", ("artifacts",), _artifacts),
    Part("data", ("inputs",), _inputs),
    Part("features", ("feature_spec",), _features),
    Part("code", ("code",), _code),
    Part("environment", ("environment",), _environment),
    Part("seeds", ("seeds", "unseeded"), _seeds),
    Part("parameters", ("parameters",), _parameters),
    Part("fields", ("fields",), _fields),
    Part("signature", ("signature",), _signature),
    Part("evaluations", ("evaluations",), _evaluations),
    Part("metrics", ("metrics",), _metrics),
    Part("known", ("image", "parents", "reconstructed", "asserted", "gaps"), _known),
)
