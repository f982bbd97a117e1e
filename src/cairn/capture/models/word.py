"""What a person says of a model: its word stands as that, beside what was captured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from cairn.capture.secrets import known_here
from cairn.capture.told import assigned, numbers
from cairn.core.run import Gap, Input
from cairn.core.secret import Known
from cairn.core.version import Manifest
from cairn.data.require_frozen import check_frozen
from cairn.project import Project


@dataclass(frozen=True)
class Word:
    """Snapshots that it was trained and measured on, and values as `NAME=VALUE`."""

    data: Sequence[str] = ()
    test: Sequence[str] = ()
    params: Sequence[str] = ()
    metrics: Sequence[str] = ()
    fields: Sequence[str] = ()


NOTHING = Word()


def with_word(project: Project, manifest: Manifest, word: Word) -> Manifest:
    """Add what a person says; a metric whose test set nobody names is a gap."""
    inputs = [
        *(_given(project, each, "train") for each in word.data),
        *(_given(project, each, "test") for each in word.test),
    ]
    says = word.params or word.fields
    known = known_here(project.settings.folder) if says else Known()
    parameters = assigned(word.params, "--param", known)
    metrics = numbers(assigned(word.metrics, "--metric"))
    fields = assigned(word.fields, "--field", known)
    parts = {"inputs": inputs, "parameters": parameters, "metrics": metrics, "fields": fields}
    found = msgspec.structs.replace(
        manifest,
        inputs=(*manifest.inputs, *inputs),
        parameters=manifest.parameters | parameters,
        metrics=manifest.metrics | metrics,
        fields=manifest.fields | fields,
        asserted=(*manifest.asserted, *(name for name, value in parts.items() if value)),
    )
    others = [gap for gap in found.gaps if not (metrics and gap.field == "metrics")]
    gaps = (*others, *_untested(found, sorted(metrics)))
    return msgspec.structs.replace(found, gaps=gaps)


def _untested(found: Manifest, metrics: Sequence[str]) -> tuple[Gap, ...]:
    """Say so if nobody knows what a given metric was measured on."""
    if not metrics or any(given.role == "test" for given in found.inputs):
        return ()
    return (
        Gap(
            field="metrics",
            reason=f"no test set belongs to {', '.join(metrics)}",
            fix="name the set that it was measured on: `--test snap:NAME`",
        ),
    )


def _given(project: Project, text: str, role: Literal["train", "test"]) -> Input:
    return Input(role=role, snapshot=project.find_snapshot(check_frozen(text)).digest)
