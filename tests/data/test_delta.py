"""Delta tables made by deltalake itself: frozen by version, changed, vacuumed, restored."""

import shutil
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from cairn.core.errors import Corrupt, Invalid, NotFound, Refused, Unavailable
from cairn.core.snapshot import DeltaTable as Recorded
from cairn.core.snapshot import Snapshot
from cairn.data.files import snapshot_files
from cairn.data.lakes.delta import read_log, read_reference, segment, snapshot_delta
from cairn.data.pins import HELD, check_pin
from cairn.data.restore import restore
from cairn.registry import Registry
from projects.folders import as_nobody, open_to_all
from sources.delta_tables import edited, make, rows

WEEK = 7 * 24 * 3600


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table to be copied, not used."""
    return make(tmp_path_factory.mktemp("delta") / "table")


@pytest.fixture
def table(made: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table in the project, which is where people are."""
    monkeypatch.chdir(registry.settings.folder)
    shutil.copytree(made, "lake")
    return Path("lake")


def ids(place: Path) -> list[int]:
    return sorted(DeltaTable(place).to_pyarrow_table()["id"].to_pylist())


def vacuum(place: Path) -> None:
    DeltaTable(place).vacuum(
        retention_hours=0, enforce_retention_duration=False, dry_run=False
    )


def recorded(registry: Registry, reference: str) -> Recorded:
    digest = registry.find_snapshot(reference).digest
    source = registry.objects.get_record(digest, Snapshot).source
    assert isinstance(source, Recorded)
    return source


def test_a_copy_restores_after_the_lake_was_vacuumed(registry: Registry, table: Path) -> None:
    snapshot_delta(registry, "lake", version=0, name="first")
    vacuum(table)

    restore(registry, "first", Path("back"))

    assert ids(Path("back")) == list(range(300))
    assert DeltaTable("back").version() == 0
    assert DeltaTable("back").metadata().id == DeltaTable(table).metadata().id


def test_a_pin_is_lost_when_the_lake_was_vacuumed(registry: Registry, table: Path) -> None:
    pin = snapshot_delta(registry, "lake", version=0, mode="pin", name="first")
    before = check_pin(registry, pin)
    restore(registry, "first", Path("before"))
    vacuum(table)
    after = check_pin(registry, pin)

    assert ids(Path("before")) == list(range(300))
    assert before.check.status == "intact"
    assert (after.check.status, after.check.intact, after.check.lost) == ("lost", 1, 2)
    with pytest.raises(NotFound, match=r"is LOST: .*, and this snapshot is a pin"):
        restore(registry, "first", Path("after"))
    assert not Path("after").exists()


def test_what_is_gone_where_it_lay_is_not_lost_while_the_store_holds_it(
    registry: Registry, table: Path
) -> None:
    pin = snapshot_delta(registry, "lake", version=0, mode="pin", name="first")
    snapshot_files(registry, table, name="all")
    vacuum(table)

    found = check_pin(registry, pin)
    restore(registry, "first", Path("back"))

    assert (found.check.status, found.check.intact) == ("intact", 3)
    assert [f.detail for f in found.files if "part-" in f.path] == [HELD] * 2
    assert ids(Path("back")) == list(range(300))


def test_a_changed_file_of_a_pin_is_told_from_a_lost_one(
    registry: Registry, table: Path
) -> None:
    pin = snapshot_delta(registry, "lake", version=0, mode="pin")
    victim = Path(DeltaTable(table, version=0).file_uris()[0])
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")

    found = check_pin(registry, pin)

    assert found.check.status == "changed"
    assert found.check.named == (str(victim.relative_to(table.resolve())),)


def test_pin_and_copy_have_one_tree(registry: Registry, table: Path) -> None:
    pin = snapshot_delta(registry, str(table.resolve()), version=1, mode="pin")
    copy = snapshot_delta(registry, f"file://{table.resolve()}", version=1)

    assert pin.tree == copy.tree
    assert recorded(registry, pin.digest).location == "lake"


def test_the_live_table_is_resolved_to_its_version(registry: Registry, table: Path) -> None:
    info = snapshot_delta(registry, "lake", name="now")
    write_deltalake(table, rows(900, 901), mode="append")
    again = snapshot_delta(registry, "lake", version=2)

    assert info.origin == "delta://lake@2"
    assert again.digest == info.digest
    assert recorded(registry, "now").version == 2
    assert recorded(registry, "now").retention_seconds == WEEK


def test_the_retention_that_the_table_sets_is_recorded(
    registry: Registry, table: Path
) -> None:
    days = {"delta.deletedFileRetentionDuration": "interval 30 days"}
    edited(table, metaData={"configuration": days})

    info = snapshot_delta(registry, "lake", version=0)

    assert recorded(registry, info.digest).retention_seconds == 30 * 24 * 3600


def test_a_version_behind_a_checkpoint_is_restored(registry: Registry, table: Path) -> None:
    DeltaTable(table).create_checkpoint()
    for name in (f"{0:020}.json", f"{1:020}.json"):
        (table / "_delta_log" / name).unlink()
    write_deltalake(table, rows(400, 402), mode="append")
    snapshot_delta(registry, "lake", version=3, name="behind")
    shutil.rmtree(table)

    restore(registry, "behind", Path("back"))

    assert ids(Path("back")) == [*range(200, 310), 400, 401]
    assert DeltaTable("back").version() == 3


def test_a_log_that_was_cleaned_up_is_one_sentence(registry: Registry, table: Path) -> None:
    DeltaTable(table).create_checkpoint()
    (table / "_delta_log" / f"{0:020}.json").unlink()

    with pytest.raises(NotFound, match=r"version 1 of lake cannot be read any more.*commit 0"):
        snapshot_delta(registry, "lake", version=1)


def test_the_segment_takes_whole_checkpoints_only(tmp_path: Path) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    parts = [f"{2:020}.checkpoint.{n:010}.{2:010}.parquet" for n in (1, 2)]
    for name in (*(f"{n:020}.json" for n in range(5)), *parts):
        (log / name).touch()
    (log / f"{3:020}.checkpoint.{1:010}.{2:010}.parquet").touch()
    (log / "_last_checkpoint").touch()

    found = segment(read_log(str(tmp_path)), 4, "t")

    assert found == (*parts, f"{3:020}.json", f"{4:020}.json")


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("nothing", NotFound, r"there is nothing at nothing: check the path"),
        ("lake/_delta_log", NotFound, r"is not a Delta table: there is no _delta_log/"),
        ("lake@9", NotFound, r"lake has no version 9: its newest is 2"),
        ("hdfs://h/t", Invalid, r"names no cloud: write s3://"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    registry: Registry,
    table: Path,
    text: str,
    error: type[Exception],
    says: str,
) -> None:
    assert table.exists()
    location, version = read_reference(text)

    with pytest.raises(error, match=says):
        snapshot_delta(registry, location, version=version)

    assert registry.snapshots() == ()


def test_a_shallow_clone_is_refused(registry: Registry, table: Path) -> None:
    edited(table, add={"path": f"file://{table.resolve()}/x.parquet"})

    with pytest.raises(Refused, match="is a shallow clone: it reads file://"):
        snapshot_delta(registry, "lake", version=0)


def test_a_truncated_data_file_is_corrupt(registry: Registry, table: Path) -> None:
    victim = Path(DeltaTable(table, version=0).file_uris()[0])
    victim.write_bytes(victim.read_bytes()[:50])

    with pytest.raises(Corrupt, match=r"1 of 3 files has not the size that the table lists"):
        snapshot_delta(registry, "lake", version=0)


def test_a_truncated_log_is_corrupt(registry: Registry, table: Path) -> None:
    commit = table / "_delta_log" / f"{0:020}.json"
    commit.write_bytes(commit.read_bytes()[:200])

    with pytest.raises(Corrupt, match=r"the log of lake cannot be read at version 0: "):
        snapshot_delta(registry, "lake", version=0)


def test_a_table_that_may_not_be_read_is_not_called_lost(made: Path) -> None:
    with open_to_all() as room:
        table = Path(shutil.copytree(made, room / "table"))
        (table / "_delta_log").chmod(0o000)

        with as_nobody(), pytest.raises(Unavailable, match="permission denied; check who may"):
            read_log(str(table))


@pytest.mark.parametrize(
    ("text", "location", "version"),
    [
        ("lake/t", "lake/t", None),
        ("lake/t@3", "lake/t", 3),
        ("/abs/t?version=12", "/abs/t", 12),
        ("s3://bucket/t@0", "s3://bucket/t", 0),
        ("user@host/t", "user@host/t", None),
    ],
)
def test_a_reference_names_a_table_and_a_version(
    text: str, location: str, version: int | None
) -> None:
    assert read_reference(text) == (location, version)


def test_a_version_that_is_no_number_is_refused() -> None:
    with pytest.raises(Invalid, match="'latest' is not a version of a Delta table"):
        read_reference("lake/t@latest")
