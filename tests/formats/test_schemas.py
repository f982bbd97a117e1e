"""JSON Schemas of what is stored, for editors and other languages: they follow the records."""

import json
from pathlib import Path

import msgspec
import pytest

from cairn.core.evaluation import Evaluation
from cairn.core.gate import Decision
from cairn.core.ledger import Entry
from cairn.core.request import Record
from cairn.core.required import Required
from cairn.core.run import RunFacts
from cairn.core.sidecar import Sidecar
from cairn.core.snapshot import Snapshot
from cairn.core.version import Manifest

FOLDER = Path(__file__).parents[2] / "docs" / "reference" / "schema"
RECORDS: dict[str, type[Record]] = {
    "manifest": Manifest,
    "sidecar": Sidecar,
    "snapshot": Snapshot,
    "run": RunFacts,
    "evaluation": Evaluation,
    "decision": Decision,
    "entry": Entry,
    "required": Required,
}


def schema(kind: type[Record]) -> str:
    """Write the schema of a record as it lies in the repository."""
    return json.dumps(msgspec.json.schema(kind), indent=2, sort_keys=True) + "\n"


@pytest.mark.parametrize("name", RECORDS)
def test_the_schema_in_the_repository_is_that_of_the_record(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text() == schema(RECORDS[name])


def test_a_sidecar_has_the_keys_that_were_asked_for_and_no_others() -> None:
    found = msgspec.json.schema(Sidecar)["$defs"]["Sidecar"]["properties"]

    plain = {name for name in found if not name.startswith("cairn.")}

    assert plain == {
        "model_name",
        "version",
        "commit",
        "data_id",
        "metrics",
        "stage_at_creation",
        "created_by",
    }
