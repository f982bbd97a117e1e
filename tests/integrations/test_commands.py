"""Lakes and DVC projects as people type them: one sentence each, and the same as JSON."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from projects.desk import Desk
from sources.dvc_project import cached, damage, image, shelved

CORRUPT = 9


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    """A project with an empty store."""
    (tmp_path / "typed").mkdir()
    typed = Desk(tmp_path / "typed")
    typed("init")
    return typed


def test_a_dvc_project_is_adopted_where_it_is(desk: Desk, project: Path) -> None:
    text = desk("adopt", "dvc", str(project))
    again = desk.json("adopt", "dvc", str(project))

    assert "2 states in its history" in text
    assert "7 snapshots (7 new, 65 files in them), pinned where they lie" in text
    assert "2 versions (2 new)" in text
    assert "snap:data-images" in text
    assert "What to do next:" in text
    assert not any(each["is_new"] for each in again["data"])
    assert "pinned, never verified" in desk("snapshot", "list")
    assert desk("show", "churn:2").count("adopted from DVC") == 1


def test_what_is_corrupt_is_listed_and_told_by_the_exit_code(
    desk: Desk, project: Path
) -> None:
    for place in (cached, shelved):
        damage(place(project, image(4, 1)))
    shutil.rmtree(project / "data" / "images")

    text = desk("adopt", "dvc", str(project), expect=CORRUPT)

    assert "data/images/1/004.png" in text
    assert "bring what is corrupt back from a remote or a backup" in text


def test_a_pinned_table_is_verified_again_and_again(desk: Desk) -> None:
    table = desk.folder / "lake"
    write_deltalake(table, pa.table({"id": list(range(50))}))
    added = desk("snapshot", "add", "delta://lake", "--name", "orders", "--pin")
    intact = desk("snapshot", "verify", "snap:orders")
    DeltaTable(table).delete("id < 40")
    DeltaTable(table).vacuum(
        retention_hours=0, enforce_retention_duration=False, dry_run=False
    )
    lost = desk("snapshot", "verify", "snap:orders", expect=CORRUPT)
    every = desk("snapshot", "verify", "--pinned", expect=CORRUPT)
    found = desk.json("snapshot", "verify", "snap:orders", expect=CORRUPT)
    due = desk("snapshot", "verify", "--pinned", "--older-than", "1")

    assert "2 files" in added
    assert "from delta://lake@0" in added
    assert "may remove these files 7 days after they are out of date" in added
    assert "snap:orders is INTACT where it is pinned: 2 intact" in intact
    assert "snap:orders is LOST where it is pinned: 1 intact, 1 lost" in lost
    assert "snap:orders" in every
    assert "LOST" in every
    assert (found["status"], len(found["files"])) == ("lost", 2)
    assert "no pinned snapshot is due" in due
    assert "pinned, LOST at" in desk("snapshot", "list")
    assert "pinned, LOST at" in desk("snapshot", "show", "snap:orders")


def test_a_check_of_the_store_does_not_miss_what_is_pinned(desk: Desk) -> None:
    write_deltalake(desk.folder / "lake", pa.table({"id": [1, 2]}))
    desk("snapshot", "add", "delta://lake", "--pin")

    assert "no damage found" in desk("fsck", "--full")
    assert "no problem found" in desk("verify", "--all")


def test_a_copied_table_is_restored_by_its_name(desk: Desk) -> None:
    write_deltalake(desk.folder / "lake", pa.table({"id": [1, 2]}))
    desk("snapshot", "add", "delta://lake@0", "--name", "orders")
    shutil.rmtree(desk.folder / "lake")
    desk("snapshot", "restore", "snap:orders", "back")

    assert DeltaTable(desk.folder / "back").to_pyarrow_table()["id"].to_pylist() == [1, 2]
    assert "kept" in desk("snapshot", "show", "snap:orders")


def test_an_output_of_dvc_is_named_by_its_path(desk: Desk, project: Path) -> None:
    at = f"dvc:{project}/data/train.csv@v1.0"

    assert "1 file" in desk("snapshot", "add", at, "--name", "train")
    assert "is intact" in desk("snapshot", "verify", "snap:train")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("adopt", "dvc", "."), 4, r"lies in no DVC project"),
        (("snapshot", "add", "delta://none"), 4, r"there is nothing at none"),
        (("snapshot", "add", "delta://none@x"), 3, r"'x' is not a version of a Delta table"),
        (("snapshot", "add", "iceberg://none"), 3, r"names no table"),
        (("snapshot", "add", "lakefs://repo"), 3, r"names no commit"),
        (("snapshot", "add", "lakefs://repo/main"), 3, r"set LAKECTL_SERVER_ENDPOINT_URL"),
        (("snapshot", "add", "dvc:x"), 4, r"x lies in no DVC project"),
        (("snapshot", "add", "data", "--pin"), 3, r"versions of S3 and DVC"),
        (("snapshot", "add", "delta://x", "--tag", "t"), 3, r"a tag is set on Iceberg tables"),
        (("snapshot", "verify"), 3, r"name one snapshot to verify, or give --pinned"),
        (("snapshot", "verify", "x", "--pinned"), 3, r"name one snapshot to verify"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    desk: Desk, words: tuple[str, ...], code: int, says: str
) -> None:
    desk.fails(*words, code=code, says=says)
