"""Proposals: changes that people are asked about and that no decision describes."""

from cairn.core.digest import Digest
from cairn.core.erasure import Cause
from cairn.core.name import LabelName, ModelName
from cairn.core.request import Record


class SwapPolicy(Record, frozen=True, tag="policy"):
    """Bind another policy to a label."""

    label: LabelName
    policy: Digest
    replaces: Digest


class DropVersion(Record, frozen=True, tag="deletion"):
    """Put a tombstone on a version."""

    version: Digest


class Erase(Record, frozen=True, tag="erasure"):
    """Erase objects with a person's rows, which `successors` follow, or with a secret."""

    objects: tuple[Digest, ...]
    successors: dict[Digest, Digest] = {}
    cause: Cause = "person"


class Proposal(Record, frozen=True, tag_field="cairn", tag="proposal/1"):
    """A change that people are asked about and that no decision describes."""

    model: ModelName
    change: SwapPolicy | DropVersion | Erase
