"""What differs between two versions, ingredient by ingredient."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cairn.cli.app import Shown
from cairn.cli.text import short, table
from cairn.core.digest import Digest
from cairn.core.errors import NotFound
from cairn.core.run import Input
from cairn.core.tree import escape
from cairn.core.version import Manifest, Version
from cairn.objects.tree import tree_entries
from cairn.registry import Registry


class Difference(NamedTuple):
    """One thing that differs: in which part, what, from which value to which."""

    part: str
    what: str
    before: str
    after: str


def difference(registry: Registry, before: Version, after: Version) -> Shown:
    """List every difference between two manifests; equal digests have none."""
    old, new = before.manifest, after.manifest
    rows = [
        *_artifacts(registry, old, new),
        *_mapping("data", _inputs(old.inputs), _inputs(new.inputs)),
        *_mapping("code", _code(old), _code(new)),
        *_mapping("environment", _environment(registry, old), _environment(registry, new)),
        *_mapping("seeds", _seeds(old), _seeds(new)),
        *_mapping("parameters", old.parameters, new.parameters),
        *_mapping("metrics", old.metrics, new.metrics),
    ]
    value = {
        "before": before.name,
        "after": after.name,
        "differences": [row._asdict() for row in rows],
    }
    if not rows:
        return Shown(value, f"{before.name} and {after.name} do not differ")
    return Shown(value, table(("part", "what", before.name, after.name), rows))


def _mapping(
    part: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name, "-") != after.get(name, "-"):
            yield Difference(part, name, str(before.get(name, "-")), str(after.get(name, "-")))


def _artifacts(registry: Registry, before: Manifest, after: Manifest) -> Iterator[Difference]:
    return _mapping("artifacts", _files(registry, before), _files(registry, after))


def _files(registry: Registry, manifest: Manifest) -> dict[str, str]:
    if manifest.artifacts is None:
        return {}
    entries = tree_entries(registry.objects, manifest.artifacts.tree)
    return {escape(entry.path): short(entry.digest) for entry in entries}


def _inputs(inputs: tuple[Input, ...]) -> dict[str, str]:
    return {f"{given.role} {given.path}".strip(): short(given.snapshot) for given in inputs}


def _code(manifest: Manifest) -> dict[str, str]:
    code = manifest.code
    if code is None:
        return {}
    return {
        "commit": code.commit[:12],
        "uncommitted changes": short(code.patch),
        "entry point": code.entry_point or "-",
        "remote": code.remote or "-",
    }


def _environment(registry: Registry, manifest: Manifest) -> dict[str, str]:
    found = manifest.environment
    if found is None:
        return {}
    return {
        "python": found.python,
        "operating system": found.operating_system,
        "machine": found.machine,
        "accelerators": ", ".join(found.accelerators) or "-",
        **_packages(registry, found.lock),
    }


def _packages(registry: Registry, lock: Digest) -> dict[str, str]:
    """Read a lock, one `name==version` a line."""
    try:
        lines = registry.objects.get(lock).decode().splitlines()
    except NotFound:
        return {"lock": short(lock)}
    return {line.partition("==")[0]: line.partition("==")[2] for line in lines}


def _seeds(manifest: Manifest) -> dict[str, str]:
    seeds = {seed.generator: seed.value for seed in manifest.seeds}
    return seeds | dict.fromkeys(manifest.unseeded, "unseeded")
