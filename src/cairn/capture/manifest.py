"""What the models of a run have in common, and what comes of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from cairn.capture.told import Told
from cairn.core.digest import Digest
from cairn.core.name import ModelName
from cairn.core.run import Gap, Host, Input, Seed
from cairn.core.secret import Known
from cairn.core.version import Manifest


@dataclass(frozen=True)
class Shared:
    """What all models of a run have in common: a manifest without a model in it."""

    model: ModelName
    manifest: Manifest
    branch: str | None
    host: Host | None
    root: Path
    told: Told = field(default_factory=Told)
    known: Known = field(default_factory=Known)


@dataclass(frozen=True)
class Built:
    """One saved model: where the script put it, and its stored manifest.

    `undefined` names the metrics that were NaN, which no manifest can hold. `gaps` are of the
    run only: an evaluation that could not be made may follow registration.
    """

    path: str
    manifest: Manifest
    digest: Digest
    undefined: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


def input_order(given: Input) -> tuple[str, str, str]:
    """Order inputs the same in every run."""
    return given.role, given.path, given.snapshot


def gap_order(gap: Gap) -> tuple[str, str]:
    """Order gaps the same in every run."""
    return gap.field, gap.reason


def merged(*found: Iterable[Seed]) -> tuple[Seed, ...]:
    """Put seeds together that were seen in several places, ordered the same in every run."""
    return tuple(sorted({*chain(*found)}, key=lambda seed: (seed.generator, seed.value)))
