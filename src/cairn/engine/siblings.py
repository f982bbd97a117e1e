"""Versions that are alike but for their seeds."""

from collections.abc import Iterator

from cairn.core.run import Scalar
from cairn.core.version import Manifest, Version
from cairn.engine import version
from cairn.engine.context import Context

FARTHEST = 200
_SEEDS = ("seed", "random_state")


def other_seeds(
    context: Context, candidate: Version, *, before: int | None
) -> Iterator[Version]:
    """Yield versions of the same code, data and parameters with other seeds, newest first."""
    rows = context.tx.all(
        "version_newest", model=candidate.model, before=before, limit=FARTHEST
    )
    own = candidate.manifest
    for (number,) in rows:
        other = version.by_number(context, candidate.model, number)
        theirs = other.manifest
        if other.deleted is None and _seeds(theirs) != _seeds(own) and _alike(theirs, own):
            yield other


def _alike(one: Manifest, other: Manifest) -> bool:
    return (
        one.code == other.code
        and one.inputs == other.inputs
        and _settings(one) == _settings(other)
    )


def _settings(manifest: Manifest) -> dict[str, Scalar]:
    return {k: v for k, v in manifest.parameters.items() if not k.endswith(_SEEDS)}


def _seeds(manifest: Manifest) -> tuple[object, ...]:
    named = {k: v for k, v in manifest.parameters.items() if k.endswith(_SEEDS)}
    return manifest.seeds, named
