"""Features of the Delta protocol: what a version uses counts, not what its table lists."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from cairn.core.errors import Refused
from cairn.data.lakes.delta import snapshot_delta
from cairn.data.restore import restore
from cairn.registry import Registry
from sources.delta_tables import checkpointed, edited, make


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table to be copied, not used."""
    return make(tmp_path_factory.mktemp("delta") / "table")


@pytest.fixture
def table(made: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table in the project, which is where people are."""
    monkeypatch.chdir(registry.settings.folder)
    shutil.copytree(made, "lake")
    return Path("lake")


VECTOR = {
    "storageType": "u",
    "pathOrInlineDv": "vBn[lx{q8@P<9BNH/isA",
    "offset": 1,
    "sizeInBytes": 36,
    "cardinality": 2,
}
WIDENED = json.dumps(
    {
        "type": "struct",
        "fields": [
            {
                "name": name,
                "type": kind,
                "nullable": True,
                "metadata": {"delta.typeChanges": []},
            }
            for name, kind in (("id", "long"), ("region", "string"), ("x", "double"))
        ],
    }
)


def listing(features: list[str], **configuration: str) -> dict[str, Any]:
    versions = {"minReaderVersion": 3, "minWriterVersion": 7}
    kinds = {"readerFeatures": features, "writerFeatures": features}
    return {"protocol": versions | kinds, "metaData": {"configuration": configuration}}


@pytest.mark.parametrize(
    ("changes", "says", "fix"),
    [
        (
            {"add": {"deletionVector": VECTOR}, **listing(["deletionVectors"])},
            "uses deletionVectors: its rows cannot be read from its",
            r"enableDeletionVectors' = false\)` and then `REORG TABLE \.\.\. APPLY \(PURGE\)`",
        ),
        (
            listing(["typeWidening"]) | {"metaData": {"schemaString": WIDENED}},
            "uses typeWidening",
            "DROP FEATURE typeWidening",
        ),
        (listing(["notYetThought"]), "'notYetThought' is not supported", "copy the table"),
        (
            listing(["columnMapping"], **{"delta.columnMapping.mode": "name"}),
            "olumn ?[mM]apping",
            "copy the table",
        ),
    ],
    ids=["deletion vectors", "wider types", "unknown", "column mapping"],
)
def test_what_cannot_be_read_from_data_files_is_refused(
    registry: Registry, table: Path, changes: dict[str, Any], says: str, fix: str
) -> None:
    edited(table, **changes)

    with pytest.raises(Refused, match=says) as refusal:
        snapshot_delta(registry, "lake", version=0)

    assert "snapshot that" in refusal.value.fix
    assert re.search(fix, refusal.value.fix)


@pytest.mark.parametrize("mode", ["copy", "pin"])
@pytest.mark.parametrize(
    "feature", ["deletionVectors", "typeWidening", "columnMapping", "v2Checkpoint"]
)
def test_a_feature_that_is_listed_and_not_used_is_no_hindrance(
    registry: Registry, table: Path, feature: str, mode: Any
) -> None:
    edited(table, **listing([feature]))
    wanted = sorted(DeltaTable(table, version=1).file_uris())

    snapshot_delta(registry, "lake", version=1, name="first", mode=mode)
    restore(registry, "first", Path("back"))

    found = sorted(DeltaTable("back").file_uris())
    assert [Path(f).read_bytes() for f in found] == [Path(f).read_bytes() for f in wanted]


def test_rows_that_were_deleted_for_good_are_no_hindrance(
    registry: Registry, table: Path
) -> None:
    """Version 2 rewrote every file that had a vector: what is active has none."""
    edited(table, add={"deletionVector": VECTOR}, **listing(["deletionVectors"]))
    edited(table, 2, remove={"deletionVector": VECTOR})
    first = DeltaTable(table, version=0).file_uris()
    assert not {*first} & {*DeltaTable(table, version=2).file_uris()}

    assert snapshot_delta(registry, "lake", version=2).files

    with pytest.raises(Refused, match="uses deletionVectors"):
        snapshot_delta(registry, "lake", version=1)


def test_vectors_in_a_checkpoint_are_seen(registry: Registry, table: Path) -> None:
    with checkpointed(table, listing(["deletionVectors"])) as entries:
        for entry in entries:
            if entry["add"]:
                entry["add"]["deletionVector"] = VECTOR

    with pytest.raises(Refused, match="uses deletionVectors"):
        snapshot_delta(registry, "lake", version=1)


def test_a_checkpoint_that_leaves_its_files_to_others_is_seen(
    registry: Registry, table: Path
) -> None:
    DeltaTable(table, version=1).create_checkpoint()
    log = table / "_delta_log"
    shutil.copytree(log, log / "_sidecars")
    with checkpointed(table, listing(["v2Checkpoint"])) as entries:
        (log / "_sidecars" / f"{1:020}.checkpoint.parquet").rename(log / "_sidecars/a.parquet")
        size = (log / "_sidecars" / "a.parquet").stat().st_size
        beside = {"path": "a.parquet", "sizeInBytes": size, "modificationTime": 9}
        entries[:] = [entry for entry in entries if not entry["add"]]
        entries.append(dict.fromkeys(entries[0]) | {"sidecar": beside})

    with pytest.raises(Refused, match="lake uses v2Checkpoint"):
        snapshot_delta(registry, "lake", version=1)


def test_a_log_that_only_checkpoints_of_the_second_kind_hold_is_named(
    registry: Registry, table: Path
) -> None:
    uuid = "80a083e8-7026-4e79-81be-64bd76c43a11"
    (table / "_delta_log" / f"{1:020}.checkpoint.{uuid}.json").write_text("{}\n")
    (table / "_delta_log" / f"{0:020}.json").unlink()

    with pytest.raises(Refused, match="lake uses v2Checkpoint") as refusal:
        snapshot_delta(registry, "lake", version=2)

    assert "DROP FEATURE v2Checkpoint" in refusal.value.fix
