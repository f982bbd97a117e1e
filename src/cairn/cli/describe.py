"""A version in full: every part with its digest, as a value and as text."""

from collections.abc import Iterator
from typing import Any

from cairn.cli import testimony
from cairn.cli.text import moment, number, pairs, short, size
from cairn.core.digest import Digest, canonical, digest_bytes
from cairn.core.evaluation import Evaluation
from cairn.core.run import Gap
from cairn.core.snapshot import Snapshot
from cairn.core.tree import escape
from cairn.core.version import Manifest, Origin, Version, standing
from cairn.core.words import counted
from cairn.data.erasure import said_of
from cairn.objects.folders.tree import tree_entries
from cairn.registry import Registry


def described(registry: Registry, version: Version) -> dict[str, Any]:
    """Describe a version with all its parts; each part carries the digest that pins it."""
    manifest = version.manifest
    return {
        "name": version.name,
        "model": version.model,
        "number": version.number,
        "digest": version.digest,
        "registered_by": version.registered_by,
        "registered_at": version.registered_at,
        "run": version.run,
        "release": version.release,
        "labels": version.labels,
        "complete": version.complete,
        "gaps": version.gaps,
        "archived": version.archived,
        "marked_bad": version.marked_bad,
        "marked_bad_elsewhere": testimony.marks(registry, version),
        "deleted": version.deleted,
        "origin": version.origin,
        "safety": version.safety,
        "verdict": version.verdict,
        **_erased(registry, version),
        **parts(registry, manifest),
    }


def _erased(registry: Registry, version: Version) -> dict[str, Any]:
    """Say what was erased of a version's data, if anything was."""
    said = said_of(registry, version)
    return {"erased": said} if said else {}


def origin_line(origin: Origin) -> str:
    """Say which version of which other store it is."""
    log = origin.log.partition("+")[0]
    return f"{log}, where it is number {origin.number}, recorded as entry {origin.seq}"


def parts(registry: Registry, manifest: Manifest) -> dict[str, Any]:
    """Describe what a version is made of."""
    code = manifest.code
    return {
        "artifacts": _artifacts(registry, manifest),
        "inputs": [_input(registry, given) for given in manifest.inputs],
        "code": _pinned(code),
        "patch": {"digest": code.patch} if code and code.patch else None,
        "environment": _pinned(manifest.environment),
        "seeds": _pinned({"seeds": manifest.seeds, "unseeded": manifest.unseeded}),
        "parameters": _pinned({"values": manifest.parameters}),
        "metrics": _pinned({"values": manifest.metrics}),
        "evaluations": [_evaluation(registry, digest) for digest in manifest.evaluations],
        "fields": manifest.fields,
        "reconstructed": manifest.reconstructed,
        "asserted": manifest.asserted,
        "standing": standing(manifest),
    }


def text_of(registry: Registry, version: Version) -> str:
    """Write a version for a terminal."""
    manifest = version.manifest
    lines = [
        ("version", f"{version.name}  {version.digest}"),
        ("registered", f"{moment(version.registered_at)} by {version.registered_by}"),
        ("labels", ", ".join(version.labels) or "-"),
        ("release", version.release or "-"),
        ("run", f"run:{version.run[:12]}" if version.run else "-"),
        *((("pulled from", origin_line(version.origin)),) if version.origin else ()),
        *_marks(version),
        *(("", mark) for mark in testimony.marks(registry, version)),
        ("artifacts", _artifact_line(registry, version)),
        *(("", reason) for reason in _reasons(version)),
        *((f"data, {i.role}", f"{short(i.snapshot)}  {i.path}") for i in manifest.inputs),
        *(("erased", what) for what in said_of(registry, version)),
        ("code", _code_line(manifest)),
        ("environment", _environment_line(manifest)),
        ("seeds", tuple(f"{s.generator}={s.value}" for s in manifest.seeds)),
        ("unseeded", manifest.unseeded),
        ("parameters", _values(manifest.parameters)),
        (
            "metrics",
            tuple(f"{k} {number(v)}" for k, v in sorted(manifest.metrics.items())),
        ),
        *(("evaluation", _evaluation_line(registry, e)) for e in manifest.evaluations),
        *_standing_lines(manifest),
        (
            "complete",
            "yes" if version.complete else f"no, {counted(len(version.gaps), 'gap')}:",
        ),
        *(("", line) for gap in version.gaps for line in _gap(gap)),
    ]
    return pairs((name, value or "-") for name, value in lines)


def _gap(gap: Gap) -> Iterator[str]:
    """Say what is not known, and how to close that."""
    yield f"{gap.field}: {gap.reason}"
    if gap.fix:
        yield f"  {gap.fix}"


def _standing_lines(manifest: Manifest) -> list[tuple[str, str]]:
    """Say which parts were not captured, if any were not."""
    known = standing(manifest)
    found = {
        how: ", ".join(name for name in known if known[name] == how)
        for how in ("captured", "reconstructed", "asserted")
    }
    if not found["reconstructed"] and not found["asserted"]:
        return []
    return [(how, names) for how, names in found.items() if names]


def _pinned(part: object) -> dict[str, Any] | None:
    """Describe a part of the manifest with the digest of its canonical bytes."""
    import msgspec

    if part is None:
        return None
    plain = msgspec.to_builtins(part)
    return {**plain, "digest": digest_bytes(canonical(part))}


def _artifacts(registry: Registry, manifest: Manifest) -> dict[str, Any] | None:
    artifacts = manifest.artifacts
    if artifacts is None:
        return None
    files = [
        {"path": escape(entry.path), "size": entry.size, "digest": entry.digest}
        for entry in tree_entries(registry.objects, artifacts.tree)
    ]
    return {
        "digest": artifacts.tree,
        "flavor": artifacts.flavor,
        "safety": artifacts.safety,
        "reasons": artifacts.reasons,
        "formats": artifacts.formats,
        "golden": artifacts.golden,
        "files": files,
    }


def _input(registry: Registry, given: Any) -> dict[str, Any]:
    snapshot = registry.objects.get_record(given.snapshot, Snapshot)
    return {
        "role": given.role,
        "path": given.path,
        "digest": given.snapshot,
        "tree": snapshot.source.tree,
    }


def _evaluation(registry: Registry, digest: Digest) -> dict[str, Any]:
    found = registry.objects.get_record(digest, Evaluation)
    return {
        "digest": digest,
        "snapshot": found.snapshot,
        "predictions": found.predictions,
        "rows": found.rows,
        "metrics": found.metrics,
    }


def _marks(version: Version) -> list[tuple[str, str]]:
    marks = [
        ("marked bad", version.marked_bad),
        ("deleted", version.deleted),
        ("archived", "it cannot be deployed" if version.archived else None),
    ]
    return [
        (name, reason or "no reason given") for name, reason in marks if reason is not None
    ]


def _safety(version: Version) -> str:
    """Say what this store found, and what the maker says if that is something else."""
    artifacts = version.manifest.artifacts
    if artifacts is None or artifacts.safety == version.safety:
        return artifacts.safety if artifacts else "-"
    return f"{version.safety or 'not judged here'} (its maker says {artifacts.safety})"


def _reasons(version: Version) -> tuple[str, ...]:
    if version.verdict is not None:
        return version.verdict.reasons
    return version.manifest.artifacts.reasons if version.manifest.artifacts else ()


def _artifact_line(registry: Registry, version: Version) -> str:
    artifacts = version.manifest.artifacts
    if artifacts is None:
        return "-"
    entries = list(tree_entries(registry.objects, artifacts.tree))
    total = size(sum(entry.size for entry in entries))
    return (
        f"{short(artifacts.tree)}  {artifacts.flavor}, {_safety(version)}, "
        f"{counted(len(entries), 'file')}, {total}"
    )


def _code_line(manifest: Manifest) -> str:
    code = manifest.code
    if code is None:
        return "-"
    dirty = f" + uncommitted changes {short(code.patch)}" if code.patch else ", clean"
    return f"{code.commit[:12]}{dirty}  {code.entry_point or ''}"


def _environment_line(manifest: Manifest) -> str:
    found = manifest.environment
    if found is None:
        return "-"
    return f"Python {found.python}, {found.operating_system}, lock {short(found.lock)}"


def _evaluation_line(registry: Registry, digest: Digest) -> str:
    found = registry.objects.get_record(digest, Evaluation)
    return f"{short(digest)}  {counted(found.rows, 'row')} of {short(found.snapshot)}"


def _values(values: dict[str, Any]) -> tuple[str, ...]:
    set_to = {name: value for name, value in sorted(values.items()) if value is not None}
    return tuple(f"{name}={value}" for name, value in set_to.items())
