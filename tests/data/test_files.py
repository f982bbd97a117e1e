"""Snapshots of files: frozen, named, compared, restored and verified."""

import os
import sys
from pathlib import Path

import pytest

from cairn.core.digest import digest_bytes
from cairn.core.errors import Corrupt, Invalid, NotFound, Refused
from cairn.core.snapshot import Files, Snapshot
from cairn.core.tree import escape
from cairn.data import files
from cairn.data.in_memory import snapshot_derived
from cairn.data.restore import restore
from cairn.registry import Registry
from harm import packed
from projects.folders import read, write


@pytest.fixture
def data(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of data in the project, which is where people are."""
    monkeypatch.chdir(registry.settings.folder)
    return write(Path("data"), {"a.csv": b"x\n1\n", "sub/b.csv": b"x\n2\n"})


def damage(registry: Registry, content: bytes, damaged: bytes) -> None:
    digest = registry.objects.put(content)
    packed.overwrite(registry.settings.store / "objects", digest, damaged)


def test_the_same_bytes_are_the_same_snapshot(registry: Registry, data: Path) -> None:
    first = files.snapshot_files(registry, data, name="train")
    again = files.snapshot_files(registry, data, name="train")
    (data / "a.csv").write_bytes(b"x\n3\n")
    changed = files.snapshot_files(registry, data, name="train")

    assert again == first
    assert (first.files, first.size_bytes, first.kind, first.name) == (2, 8, "files", "train")
    assert changed.digest != first.digest
    assert registry.find_snapshot("snap:train").digest == changed.digest
    assert registry.find_snapshot(first.digest).tree == first.tree


def test_what_is_recorded_is_the_tree_alone(registry: Registry, data: Path) -> None:
    info = files.snapshot_files(registry, data)

    assert registry.objects.get_record(info.digest, Snapshot) == Snapshot(
        source=Files(tree=info.tree)
    )


@pytest.mark.parametrize("way", ["relative", "absolute", "dotted", "linked"])
def test_the_origin_is_within_the_project_however_it_is_named(
    registry: Registry, data: Path, tmp_path: Path, way: str
) -> None:
    (tmp_path / "elsewhere").symlink_to(data.resolve().parent)
    named = {
        "relative": Path("data/a.csv"),
        "absolute": data.resolve() / "a.csv",
        "dotted": Path("data/../data/a.csv"),
        "linked": tmp_path / "elsewhere" / "data" / "a.csv",
    }

    assert files.snapshot_files(registry, named[way]).origin == "data/a.csv"


def test_the_origin_of_a_link_in_the_project_is_the_link(
    registry: Registry, data: Path, tmp_path: Path
) -> None:
    write(tmp_path / "big", {"c.csv": b"3"})
    (data.parent / "linked").symlink_to(tmp_path / "big")

    assert files.snapshot_files(registry, Path("linked")).origin == "linked"


def test_the_origin_outside_the_project_is_absolute_and_holds_no_credentials(
    registry: Registry, tmp_path: Path
) -> None:
    outside = write(tmp_path / "mnt" / "ada:hunter2@nas", {"x?token=s3cr3t&v=1": b"1"})

    info = files.snapshot_files(registry, outside / "x?token=s3cr3t&v=1")

    assert info.origin == f"{tmp_path}/mnt/***@nas/x?token=***&v=1"


def test_the_origin_says_what_was_left_out(registry: Registry, data: Path) -> None:
    write(data, {".git/config": b"", "sub/.cairn/x": b""})

    assert files.snapshot_files(registry, data).origin == "data (without .git, sub/.cairn)"


def test_a_whole_project_can_be_frozen(registry: Registry, data: Path) -> None:
    info = files.snapshot_files(registry, data.parent.resolve())

    above = files.snapshot_files(registry, data / "..")
    assert info.origin == ". (without .cairn)"
    assert info.files == 2
    assert above == info


def test_a_bad_name_is_refused_before_anything_is_stored(
    registry: Registry, data: Path
) -> None:
    with pytest.raises(Invalid, match="'My Data' is not a name for a snapshot: lower-case"):
        files.snapshot_files(registry, data, name="My Data")

    assert list(registry.objects.digests()) == []
    assert registry.snapshots() == ()


@pytest.mark.parametrize("text", ["s3://bucket/x", "postgresql://h/db", "https://h/x.csv"])
def test_an_address_is_no_path(registry: Registry, text: str) -> None:
    with pytest.raises(Refused, match=f"'{text}' is .* may hold other data tomorrow"):
        files.snapshot_files(registry, Path(text))


def test_a_snapshot_is_restored_byte_by_byte(registry: Registry, data: Path) -> None:
    files.snapshot_files(registry, data, name="train")
    before = read(data)
    (data / "a.csv").write_bytes(b"changed since")

    info = restore(registry, "snap:train", Path("again"))

    assert info.name == "train"
    assert read(Path("again")) == before


def test_an_unknown_snapshot_is_not_found(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no snapshot 'nothing'"):
        restore(registry, "snap:nothing", tmp_path / "out")
    with pytest.raises(NotFound):
        files.verify(registry, "nothing")


def test_two_snapshots_are_compared_by_path(registry: Registry, data: Path) -> None:
    files.snapshot_files(registry, data, name="before")
    (data / "a.csv").write_bytes(b"x\n3\n")
    (data / "sub/b.csv").rename(data / "c.csv")
    files.snapshot_files(registry, data, name="after")

    changes = files.diff(registry, "snap:before", "snap:after")

    assert [escape(entry.path) for entry in changes.added] == ["c.csv"]
    assert [escape(entry.path) for entry in changes.removed] == ["sub/b.csv"]
    assert [escape(new.path) for _, new in changes.changed] == ["a.csv"]


def test_an_intact_snapshot_verifies(registry: Registry, data: Path) -> None:
    files.snapshot_files(registry, data, name="train")

    assert files.verify(registry, "snap:train") == (2, 8)


def test_every_damaged_and_missing_file_is_named(registry: Registry, data: Path) -> None:
    info = files.snapshot_files(registry, data, name="train")
    damage(registry, b"x\n1\n", b"x\n7\n")
    packed.remove(registry.settings.store / "objects", digest_bytes(b"x\n2\n"))

    with pytest.raises(Corrupt, match=r"2 of 2 files .* \(a\.csv, sub/b\.csv\): bring"):
        files.verify(registry, info.digest)
    with pytest.raises(Corrupt):
        restore(registry, "train", Path("again"))
    assert not Path("again").exists()


@pytest.mark.parametrize("part", ["root", "leaf", "record"])
def test_a_damaged_listing_is_found(registry: Registry, data: Path, part: str) -> None:
    info = files.snapshot_files(registry, data, name="train")
    heads = {"root": b"cairn tree/1\n", "leaf": b"cairn leaf/1\n", "record": b'{"cairn":"snap'}
    contents = [registry.objects.get(digest) for digest in registry.objects.digests()]
    [content] = [content for content in contents if content.startswith(heads[part])]
    damage(registry, content, content[:-2] + b"?" + content[-1:])

    with pytest.raises(Corrupt):
        files.verify(registry, info.digest)


def test_a_derived_snapshot_says_who_made_it_of_what(registry: Registry, data: Path) -> None:
    parent = files.snapshot_files(registry, data, name="all")
    other = files.snapshot_files(registry, data / "a.csv")
    made = write(Path("split"), {"test.csv": b"x\n1\n"})

    info = snapshot_derived(
        registry,
        made,
        by="train_test_split",
        of=[parent.digest, other.digest],
        name="held-out",
    )
    again = snapshot_derived(
        registry, made, by="train_test_split", of=[other.digest, parent.digest, other.digest]
    )

    assert (info.kind, info.name, info.origin) == (
        "derived",
        "held-out",
        "made by train_test_split",
    )
    assert again.digest == info.digest


def test_a_derived_snapshot_of_an_unknown_one_is_refused(
    registry: Registry, data: Path
) -> None:
    with pytest.raises(NotFound):
        snapshot_derived(registry, data, by="split", of=["sha256:" + "0" * 64])

    assert registry.snapshots() == ()


def test_odd_names_reach_the_ledger_as_text(registry: Registry, data: Path) -> None:
    odd = os.fsdecode(b"odd\n\xff.csv")
    (data / "a.csv").rename(data / odd)

    info = files.snapshot_files(registry, data / odd)

    assert info.origin == "data/odd\\x0a\\xff.csv"
    restore(registry, info.digest, Path("again"))
    assert read(Path("again")) == {b"odd\n\xff.csv": b"x\n1\n"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cells.csv", b"a,b\n1\n", "cells.csv, line 2: 1 cell where the header names 2"),
        ("mixed.csv", b"name\nJos\xe9\nJos\xc3\xa9\n", "byte 0xe9 is not UTF-8"),
        ("cut.parquet", b"PAR1 cut", "cut.parquet is not a whole Parquet file"),
    ],
)
def test_a_table_that_cannot_be_read_is_frozen_and_told_in_one_sentence(
    registry: Registry, caplog: pytest.LogCaptureFixture, name: str, content: bytes, said: str
) -> None:
    path = registry.settings.folder / name
    path.write_bytes(content)

    info = files.snapshot_files(registry, path)

    assert info.files == 1
    assert len(caplog.messages) == 1
    assert said in caplog.messages[0]


def test_without_tables_nothing_is_loaded_that_describes_them(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cairn.data.tables.describe_tables", None)  # no import
    folder = write(tmp_path / "data", {"a.bin": b"x", "csv": b"y", ".csv": b"z"})

    assert files.snapshot_files(registry, folder).files == 3

    write(folder, {"SUB/b.CSV": b"x\n1\n"})
    with pytest.raises(ImportError):
        files.snapshot_files(registry, folder)
