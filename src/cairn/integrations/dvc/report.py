"""What an adoption found, as values; `cairn adopt dvc` shows them."""

from dataclasses import dataclass

from cairn.core.digest import Digest
from cairn.core.snapshot import Keeping


@dataclass(frozen=True)
class AdoptedData:
    """An output that is a snapshot now; `is_new` unless an adoption before made it."""

    name: str
    path: str
    md5: str
    digest: Digest
    files: int
    size_bytes: int
    found_in: str
    is_new: bool


@dataclass(frozen=True)
class AdoptedModel:
    """A model that is a version now, with its gaps; `release` is GTO's number."""

    version: str
    digest: Digest
    path: str
    found_in: str
    gaps: int
    release: str
    is_new: bool


@dataclass(frozen=True)
class NotAdopted:
    """What could not be had: it is `corrupt`, `missing`, `unreadable` or `refused`."""

    path: str
    kind: str
    found_in: str
    reason: str


@dataclass(frozen=True)
class Adoption:
    """All that an adoption did, and all that it could not do."""

    project: str
    mode: Keeping
    moments: int
    data: tuple[AdoptedData, ...]
    models: tuple[AdoptedModel, ...]
    lacking: tuple[NotAdopted, ...]
    damaged_copies: tuple[str, ...]
    notes: tuple[str, ...]
    next_steps: tuple[str, ...]

    @property
    def corrupt(self) -> tuple[NotAdopted, ...]:
        """What is not as DVC recorded it."""
        return tuple(each for each in self.lacking if each.kind == "corrupt")

    @property
    def missing(self) -> tuple[NotAdopted, ...]:
        """What is nowhere to be found."""
        return tuple(each for each in self.lacking if each.kind == "missing")
