"""The bytes of a store move to another place and back, and are readable all the while."""

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from cairn import config
from cairn.core.digest import digest_bytes
from cairn.core.errors import Conflict, Corrupt, Invalid
from cairn.objects.address import open_objects
from cairn.registry import Registry
from harm import packed
from projects.desk import Desk

SETTINGS = """\
# Ours.
team = "default"   # the only one
store = ".cairn"

[remote]
objects = "/mnt/elsewhere"
"""


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[tuple[Desk, str]]:
    """A project with a snapshot, and the address of an empty place."""
    (tmp_path / "project").mkdir()
    desk = Desk(tmp_path / "project")
    desk("init")
    desk.write("data/a.csv", "x\n1\n")
    desk("snapshot", "add", "data", "--name", "data")
    with mock.patch.dict("os.environ", {"CAIRN_CACHE": str(tmp_path / "cache")}):
        yield desk, f"file://{tmp_path / 'place'}"


def test_bytes_move_and_come_back(moved: tuple[Desk, str], tmp_path: Path) -> None:
    desk, place = moved

    told = desk("move-objects", place)
    desk.write("data/b.csv", "x\n2\n")
    desk("snapshot", "add", "data", "--name", "more")
    assert "intact" in desk("snapshot", "verify", "data")
    assert "no problem found" in desk("verify", "--all")
    home = open_objects(str(desk.folder / ".cairn/objects"))
    assert digest_bytes(b"x\n1\n") in home.digests()
    assert digest_bytes(b"x\n2\n") not in home.digests()
    back = desk("move-objects", "store")

    assert "every byte verified" in told
    assert f"cairn move-objects {place} --from store" in told
    assert "cairn move-objects store" in told
    assert f"of {place} lie in store" in back
    assert "objects" not in (desk.folder / "cairn.toml").read_text()
    (tmp_path / "place").rename(tmp_path / "gone")
    assert "no problem found" in desk("verify", "--all")


def test_what_others_wrote_to_the_old_place_is_taken_along(moved: tuple[Desk, str]) -> None:
    desk, place = moved
    late = Registry.open(desk.folder)
    desk("move-objects", place)
    digest = late.objects.put(b"a run that began before")

    again = desk.json("move-objects", place, "--from", "store")

    assert (again["copied"], again["copied_bytes"]) == (1, len(b"a run that began before"))
    assert Registry.open(desk.folder).objects.has(digest)
    desk.fails("move-objects", place, code=Conflict.exit_code, says="already: name another")


def test_a_damaged_object_is_named_and_the_setting_stays(moved: tuple[Desk, str]) -> None:
    desk, place = moved
    digest = digest_bytes(b"x\n1\n")
    packed.overwrite(desk.folder / ".cairn/objects", digest, b"x\n7\n")
    before = (desk.folder / "cairn.toml").read_bytes()

    desk.fails("move-objects", place, code=Corrupt.exit_code, says=f"object {digest}")

    assert (desk.folder / "cairn.toml").read_bytes() == before


def test_a_move_that_ended_early_goes_on(
    moved: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, place = moved

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(config, "write_objects", die)
        with pytest.raises(KeyboardInterrupt):
            Registry.open(desk.folder).move_objects(place)
    assert "intact" in desk("snapshot", "verify", "data")

    assert desk.json("move-objects", place)["copied"] == 0
    assert "intact" in desk("snapshot", "verify", "data")


def test_what_was_erased_comes_back_by_no_move(moved: tuple[Desk, str]) -> None:
    desk, place = moved
    gone = digest_bytes(b"x\n1\n")
    desk("move-objects", place)
    desk("erase", "--row", "x=1", "--reason", "asked for it")

    desk("move-objects", place, "--from", "store")
    assert not Registry.open(desk.folder).objects.has(gone)
    desk("move-objects", "store")

    assert not Registry.open(desk.folder).objects.has(gone)
    assert "no problem found" in desk("verify", "--all")


@pytest.mark.parametrize("words", [("bucket",), ("s3://b/p", "--from", "./here")])
def test_a_place_is_an_address(moved: tuple[Desk, str], words: tuple[str, ...]) -> None:
    desk, _ = moved
    desk.fails("move-objects", *words, code=Invalid.exit_code, says="not the address of a")


def test_the_environment_is_not_moved(
    moved: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, place = moved
    monkeypatch.setenv("CAIRN_OBJECTS", place)
    desk.fails("move-objects", f"{place}2", code=Conflict.exit_code, says="unset it first")


def test_the_settings_change_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "cairn.toml"
    file.write_text(SETTINGS)

    config.write_objects(tmp_path, "s3://b/ü")
    assert config.written_objects(tmp_path) == "s3://b/ü"
    lines = file.read_text().splitlines()
    assert [line for line in lines if "s3://" not in line] == SETTINGS.splitlines()
    config.write_objects(tmp_path, "gs://c")
    assert config.written_objects(tmp_path) == "gs://c"
    config.write_objects(tmp_path, "")
    assert file.read_text() == SETTINGS

    file.write_text('"objects" = "s3://b"\n')
    with pytest.raises(Invalid, match="in a way of its own"):
        config.write_objects(tmp_path, "s3://c")
    assert file.read_text() == '"objects" = "s3://b"\n'
