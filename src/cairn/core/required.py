"""What every version says of itself: nine fields, and the minimum to make it again.

The nine are checked when a version is registered and again whenever a gated label moves to it
(R52, R53). `docs/reference/schema/required.json` is `Required` as JSON Schema.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.errors import Refused
from cairn.core.ledger import Time
from cairn.core.name import LabelName, ModelName
from cairn.core.request import Record
from cairn.core.run import Commit, Scalar
from cairn.core.version import UNSTAGED, Manifest, Number, Version
from cairn.core.words import counted


class Required(Record, frozen=True):
    """The nine fields; none has a default, and the empty ones do not count as given."""

    model_name: ModelName
    version: Number
    commit: Commit
    data_id: Digest
    parameters: Annotated[dict[str, Scalar], Meta(min_length=1)]
    metrics: Annotated[dict[str, float], Meta(min_length=1)]
    created_by: Annotated[str, Meta(min_length=1)]
    created_at: Time
    stage: LabelName


class Part(NamedTuple):
    """A part that a version must have, what it has of it, and whether that counts."""

    name: str
    what: str
    is_there: bool


def stated(manifest: Manifest) -> dict[str, Any]:
    """Take those of the nine fields from a manifest that lie in it."""
    trained_on = [i.snapshot for i in manifest.inputs if i.role in ("train", "input")]
    return {
        "commit": manifest.code.commit if manifest.code else None,
        "data_id": trained_on[0] if trained_on else None,
        "parameters": manifest.parameters,
        "metrics": manifest.metrics,
    }


def of_version(version: Version) -> dict[str, Any]:
    """Collect the nine fields of a registered version.

    Release 0.1.0 wrote no stage for a version that no label followed.
    """
    return {
        **stated(version.manifest),
        "model_name": version.model,
        "version": version.number,
        "created_by": version.registered_by,
        "created_at": version.registered_at,
        "stage": version.stage_at_creation or UNSTAGED,
    }


def unsaid(values: Mapping[str, Any]) -> tuple[str, ...]:
    """List which of the nine fields are missing, empty, or not what they have to be."""
    return tuple(
        field.encode_name
        for field in msgspec.structs.fields(Required)
        if not _holds(values.get(field.encode_name), field.type)
    )


def require(values: Mapping[str, Any], *, known: bool) -> None:
    """Raise `Refused` naming each of the nine fields that is not said.

    With `known` those that lie in the manifest may be missing: they are its gaps.
    """
    lacking = [name for name in unsaid(values) if not (known and name in stated(Manifest()))]
    if lacking:
        named = ", ".join(name.replace("_", " ") for name in lacking)
        raise Refused(
            f"a version has to say its {named}",
            fix="train it again under `cairn run`, which records all nine fields",
        )


def recheck(
    version: Version, label: LabelName, *, fields: Iterable[str], waived: bool
) -> None:
    """Raise `Refused` unless a version says what it must, before a gated label takes it.

    `fields` are those that the project requires beside the nine. A waiver accepts what lacks.
    """
    given = of_version(version)
    lacking = [name.replace("_", " ") for name in unsaid(given)]
    lacking += [name for name in fields if name not in version.manifest.fields]
    if lacking and not waived:
        raise Refused(
            f"{version.name} does not say its {', '.join(lacking)}, and {label} takes no "
            "version without",
            fix=f"register it with `--field NAME=VALUE`, or train it again under `cairn run`\n"
            f"or accept that: `cairn promote {version.name} {label} --waiver REASON`",
        )


def nine_fields(version: Version) -> tuple[Part, ...]:
    """Say of each of the nine fields what a version has there."""
    given = of_version(version)
    lacking = unsaid(given)
    return tuple(
        Part(name, _written(given[name]), name not in lacking)
        for name in (field.encode_name for field in msgspec.structs.fields(Required))
    )


def minimum_set(manifest: Manifest) -> tuple[Part, ...]:
    """Say of the four parts that make a model reproducible which are pinned (R45).

    They are the code at a commit, the data by its digest, the weights by their checksum under
    an immutable name, and the configuration.
    """
    code, environment = manifest.code, manifest.environment
    artifacts, found = manifest.artifacts, stated(manifest)
    patch = f" with patch {code.patch}" if code and code.patch else ""
    pinned = "" if environment is None else f", environment locked as {environment.lock}"
    return (
        Part(
            "code", f"commit {code.commit}{patch}" if code else "no commit", code is not None
        ),
        Part("data", found["data_id"] or "no snapshot", found["data_id"] is not None),
        Part("weights", artifacts.tree if artifacts else "none stored", artifacts is not None),
        Part(
            "configuration",
            f"{counted(len(manifest.parameters), 'parameter')}, "
            f"{counted(len(manifest.seeds), 'seed')}{pinned or ', no environment'}",
            bool(manifest.parameters) and environment is not None,
        ),
    )


def _holds(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _written(value: Any) -> str:
    if isinstance(value, dict):
        given = cast("dict[str, object]", value)
        return ", ".join(f"{name}={given[name]}" for name in sorted(given)) or "none"
    return "none" if value in (None, "") else str(value)
