"""Another store at a known place is said loudly, and nothing leads out of a store."""

import json
import os
import shutil
from pathlib import Path

import pytest

from cairn.core.digest import canonical
from cairn.core.errors import Conflict, Corrupt
from cairn.engine.store import read_about
from cairn.signing import note
from projects.desk import Desk


@pytest.fixture
def replaced(desk: Desk) -> Desk:
    """A project whose store gave way to another one, with a history that verifies."""
    desk("promote", "churn:1", "dev")
    other = Desk(desk.folder.with_name("other"))
    other.folder.mkdir()
    other.home = desk.home
    other("init")
    other("snapshot", "add", str(desk.folder / "data"), "--name", "test")
    shutil.rmtree(desk.folder / ".cairn")
    shutil.copytree(other.folder / ".cairn", desk.folder / ".cairn")
    return desk


@pytest.mark.parametrize(
    "words",
    [
        ("promote", "churn:1"),
        ("snapshot", "add", "data", "--name", "x"),
        ("run", "--model", "churn", "--", "true"),
    ],
)
def test_nothing_is_recorded_in_a_store_that_took_anothers_place(
    replaced: Desk, words: tuple[str, ...]
) -> None:
    before = replaced.json("ledger", "log")
    if words[0] == "promote":  # so that there is a version to promote
        words = ("snapshot", "add", "gates", "--name", "gates")

    text = replaced(*words, expect=Conflict.exit_code)

    assert "is another store than the one that was here" in text
    assert "`cairn verify --accept`" in text
    assert replaced.json("ledger", "log") == before


def test_verify_says_it_until_a_person_accepts_it(replaced: Desk) -> None:
    text = replaced("verify", expect=Corrupt.exit_code)

    assert "its history may have been written anew" in text
    assert "no problem found" in replaced("verify", "--accept")
    replaced("snapshot", "add", "data", "--name", "again")


def test_a_store_that_is_made_anew_on_purpose_is_the_one_from_then_on(desk: Desk) -> None:
    desk("promote", "churn:1", "dev")
    shutil.rmtree(desk.folder / ".cairn")
    (desk.folder / "cairn.toml").unlink()

    desk("init")

    desk("snapshot", "add", "data", "--name", "test")
    assert "no problem found" in desk("verify")


@pytest.mark.parametrize("name", ["objects", "ledger", "store.json", "objects/packs"])
@pytest.mark.parametrize("how", ["link", "pipe"])
def test_no_link_and_no_pipe_in_a_store_is_followed(desk: Desk, name: str, how: str) -> None:
    place = desk.folder / ".cairn" / name
    place.rename(desk.folder / "moved")
    if how == "link":
        place.symlink_to(desk.folder / "moved")
    else:
        os.mkfifo(place)

    desk.fails("list", code=Corrupt.exit_code, says="is a link or a pipe, and nothing of")


@pytest.mark.parametrize("identity", ["../../x", "a" * 31, "A" * 32, "a" * 32 + "\n", ""])
def test_an_id_has_one_form(desk: Desk, identity: str) -> None:
    path = desk.folder / ".cairn" / "store.json"
    about = json.loads(path.read_text())
    key = note.SigningKey(f"cairn.local/{identity}", bytes(32))
    path.write_bytes(canonical({**about, "id": identity, "log": key.verifier}) + b"\n")

    with pytest.raises(Corrupt, match="damaged"):
        read_about(Path(desk.folder / ".cairn"))
