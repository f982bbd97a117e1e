"""Sidecars: what a version was when it was exported, as a file beside its weights.

A sidecar is written once. What moves later (labels, releases, bad marks) is asked of the
registry by `cairn.digest`.
"""

from cairn.core.digest import Digest, canonical
from cairn.core.ledger import Time
from cairn.core.name import ModelName, Text
from cairn.core.request import Record
from cairn.core.run import Commit
from cairn.core.version import Number, Version

SUFFIX = ".cairn.json"


class Sidecar(
    Record,
    frozen=True,
    tag_field="cairn.format",
    tag="sidecar/1",
    rename={"digest": "cairn.digest", "created_at": "cairn.created_at"},
):
    """The content of `model.skops.cairn.json`.

    No field has a default, so all keys are always there. `data_id` is the snapshot that the
    model was trained on, the first one if there were several.
    """

    model_name: ModelName
    version: Number
    commit: Commit | None
    data_id: Digest | None
    metrics: dict[str, float]
    stage_at_creation: Text
    created_by: Text
    digest: Digest
    created_at: Time


def sidecar(version: Version) -> Sidecar:
    """Describe a version for the folder that it is exported to."""
    manifest = version.manifest
    data = [given for given in manifest.inputs if given.role in ("train", "input")]
    first = sorted(data, key=lambda given: given.role != "train")[:1]
    return Sidecar(
        model_name=version.model,
        version=version.number,
        commit=manifest.code.commit if manifest.code else None,
        data_id=first[0].snapshot if first else None,
        metrics=manifest.metrics,
        stage_at_creation=version.stage_at_creation,
        created_by=version.registered_by,
        digest=version.digest,
        created_at=version.registered_at,
    )


def sidecar_bytes(version: Version) -> bytes:
    """Write a version's sidecar: canonical JSON and a newline."""
    return canonical(sidecar(version)) + b"\n"
