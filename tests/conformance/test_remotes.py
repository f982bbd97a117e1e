"""E12: what was damaged in a store is not sent on, and what was damaged on the way not taken.

DVC uploads a damaged file under the digest of the intact one, and downloads it again as that.
"""

from pathlib import Path

import pytest

from cairn.core.errors import Corrupt, NotFound
from projects.desk import Desk
from projects.remotes import flip, holds, rewrite

DATA = "id,x,y\n" + "".join(f"{row},{row * 7 % 13},{row % 2}\n" for row in range(500))
CONTENT = DATA.encode()


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """A project with one snapshot."""
    return project(tmp_path, "here")


def project(tmp_path: Path, name: str) -> Desk:
    """Make a project; only the first one has data."""
    (tmp_path / name).mkdir()
    desk = Desk(tmp_path / name)
    desk("init")
    if name == "here":
        desk.write("data.csv", DATA)
        desk("snapshot", "add", "data.csv", "--name", "data")
    return desk


def test_e12_a_damaged_object_is_never_pushed(here: Desk, tmp_path: Path) -> None:
    flip(here.folder / ".cairn" / "objects", CONTENT)

    text = here.fails("push", "../remote", code=Corrupt.exit_code, says="sha256:.*damaged")

    assert "cairn fsck" in text
    assert not (tmp_path / "remote" / "refs").exists()
    assert not holds(tmp_path / "remote", CONTENT[:1000])


def test_e12_a_damaged_object_is_never_pulled(here: Desk, tmp_path: Path) -> None:
    here("push", "../remote")
    flip(tmp_path / "remote", CONTENT)
    there = project(tmp_path, "there")

    with there.nothing_recorded():
        there.fails("pull", "../remote", code=Corrupt.exit_code, says="sha256:.*damaged")

    assert not holds(there.folder / ".cairn", CONTENT[:1000])


def test_e12_a_truncated_remote_gives_nothing(here: Desk, tmp_path: Path) -> None:
    here("push", "../remote")
    for pack in (tmp_path / "remote" / "packs").iterdir():
        rewrite(pack, pack.read_bytes()[:500])
    there = project(tmp_path, "there")

    with there.nothing_recorded():
        there.fails("pull", "../remote", code=NotFound.exit_code, says="sha256:.*missing")


def test_e12_a_record_under_another_name_is_not_believed(here: Desk, tmp_path: Path) -> None:
    here.write("other.csv", "id,x,y\n1,2,3\n")
    here("snapshot", "add", "other.csv", "--name", "other")
    here("push", "../remote")
    first, second = (path for path in (tmp_path / "remote/refs").rglob("*") if path.is_file())
    rewrite(first, second.read_bytes())
    there = project(tmp_path, "there")

    text = there("pull", "../remote", expect=Corrupt.exit_code)

    assert f"snap:{first.name}: " in text
    assert "damaged or forged" in text
    assert "this record is not believed" in text
    assert "nothing was recorded" not in text, "the other record was"
    assert [each["name"] for each in there.json("snapshot", "list")] == [second.name]


def test_what_is_intact_arrives(here: Desk, tmp_path: Path) -> None:
    planned = here.json("push", "../remote", "--dry-run")
    pushed = here.json("push", "../remote")
    there = project(tmp_path, "there")
    (there.folder / "cairn.toml").write_text('[remote]\norigin = "../remote"\n')

    assert "would be pulled from" in there("pull", "--dry-run")
    pulled = there.json("pull")

    assert {**planned, "done": True} == {"done": True, **pushed}
    assert [item["name"] for item in pulled["items"]] == ["snap:data"]
    assert "nothing is pulled" in there("pull")
    there("snapshot", "restore", "snap:data", "back")
    assert (there.folder / "back" / "data.csv").read_text() == DATA


def test_a_remote_is_checked_and_mended_from_a_store_that_has_it(
    here: Desk, tmp_path: Path
) -> None:
    here("push", "../remote")
    assert "proven, and nothing that they need is missing" in here("fsck", "../remote")
    damaged = flip(tmp_path / "remote", CONTENT)

    assert "no damage found" in here("fsck", "../remote")
    found = here.json("fsck", "../remote", "--full", expect=Corrupt.exit_code)
    assert str(damaged.name) in found["problems"][0]["where"]
    assert "everything that is needed" in here("fsck", "../remote", "--full", "--repair")

    assert "no damage found" in here("fsck", "../remote", "--full")
    there = project(tmp_path, "there")
    assert [item["name"] for item in there.json("pull", "../remote")["items"]] == ["snap:data"]


def test_what_a_remote_lacks_is_named_with_who_needs_it(here: Desk, tmp_path: Path) -> None:
    here("push", "../remote")
    for pack in (tmp_path / "remote" / "packs").iterdir():
        pack.unlink()

    text = here("fsck", "../remote", expect=Corrupt.exit_code)

    assert "snap:data" in text
    assert "--repair" in text
    assert "everything that is needed" in here("fsck", "../remote", "--repair")
    assert "no damage found" in here("fsck", "../remote", "--full")
