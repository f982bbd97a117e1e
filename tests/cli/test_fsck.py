"""`cairn fsck`: finds every damage, changes nothing unasked, and mends from other copies."""

import random
import shutil
from pathlib import Path

import pytest

from harm import packed
from projects.desk import Desk


def objects(desk: Desk) -> Path:
    return desk.folder / ".cairn" / "objects"


def weights(desk: Desk) -> str:
    return desk.json("show", "churn:1")["artifacts"]["files"][0]["digest"]


def backup(desk: Desk) -> Path:
    place = desk.folder.parent / "backup"
    shutil.copytree(desk.folder / ".cairn", place)
    return place


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "index"
    }


@pytest.mark.parametrize("depth", ["--quick", "--full", "--sample=1"])
def test_an_intact_store_has_no_damage(desk: Desk, depth: str) -> None:
    assert desk("fsck", depth).startswith("no damage found in ")


def test_a_changed_byte_is_named_and_nothing_is_changed(desk: Desk) -> None:
    path = packed.flip(objects(desk), weights(desk))
    before = contents(desk.folder / ".cairn")

    found = desk.json("fsck", "--full", expect=9)

    assert [problem["where"] for problem in found["problems"]] == [str(path)]
    assert contents(desk.folder / ".cairn") == before


def test_a_cut_pack_is_seen_at_a_glance(desk: Desk) -> None:
    path, _, _ = packed.find(objects(desk), weights(desk))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])

    found = desk.json("fsck", expect=9)

    assert str(path) in [problem["where"] for problem in found["problems"]]


def test_an_object_that_is_gone_is_missed(desk: Desk) -> None:
    packed.remove(objects(desk), weights(desk))

    text = desk("fsck", expect=9)

    assert f"put the bytes of {weights(desk)} there first" in text
    assert "fsck --full --repair --from COPY" in text


def test_repair_brings_back_what_a_backup_has_and_keeps_the_damaged_pack(desk: Desk) -> None:
    place = backup(desk)
    damaged = packed.flip(objects(desk), weights(desk)).name

    mended = desk.json("fsck", "--full", "--repair", "--from", str(place))

    assert mended["back"] == [weights(desk)]
    assert (objects(desk) / "quarantine" / damaged).is_file()
    assert desk.json("verify", "--all").get("problems", []) == []
    assert desk("fsck", "--full").startswith("no damage found")


def test_repair_without_a_copy_saves_the_rest_and_says_what_is_lost(desk: Desk) -> None:
    packed.flip(objects(desk), weights(desk))

    mended = desk.json("fsck", "--full", "--repair", expect=9)

    assert mended["lost"] == {weights(desk): "default/churn:1"}


def test_repair_takes_a_file_that_lies_in_any_folder(desk: Desk) -> None:
    desk("export", "churn:1", "elsewhere")
    packed.flip(objects(desk), weights(desk))

    mended = desk.json("fsck", "--full", "--repair", "--from", "elsewhere")

    assert mended["back"] == [weights(desk)]


def test_a_flip_anywhere_in_any_pack_is_found_and_never_served(desk: Desk) -> None:
    dice = random.Random(3)
    whole = contents(desk.folder / ".cairn")
    paths = sorted((objects(desk) / "packs").iterdir())
    for path in paths:
        path.chmod(0o644)

    for _ in range(60):
        path = dice.choice(paths)
        content = bytearray(path.read_bytes())
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(content)

        found = desk.json("fsck", "--full", expect=9)
        assert str(path) in [problem["where"] for problem in found["problems"]]
        path.write_bytes(whole[str(path.relative_to(desk.folder / ".cairn"))])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--sample", "2"), "--sample 2 is not a share"),
        (("--from", "backup"), "give both"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    desk: Desk, words: tuple[str, ...], says: str
) -> None:
    desk.fails("fsck", *words, code=3, says=says)


def test_a_copy_that_is_not_there_is_named(desk: Desk) -> None:
    packed.flip(objects(desk), weights(desk))

    desk.fails(
        "fsck", "--full", "--repair", "--from", "nowhere", code=4, says="nowhere is not there"
    )


@pytest.mark.parametrize("place", [0, 20, -1, -40])
def test_verify_finds_a_flipped_bit_where_no_object_lies(desk: Desk, place: int) -> None:
    pack = min((objects(desk) / "packs").iterdir())
    content = bytearray(pack.read_bytes())
    content[place] ^= 1
    pack.chmod(0o644)
    pack.write_bytes(content)

    text = desk("verify", "--all", expect=9)

    assert pack.name[:16] in text
    assert "cairn fsck --full --repair" in text


def test_verify_names_what_it_did_not_look_at(desk: Desk) -> None:
    desk.write(".cairn/notes.txt", "somebody's")
    desk.write(".cairn/objects/quarantine/old", "damaged once")

    found = desk.json("verify", "--all")

    assert {"notes.txt", "objects/quarantine/"} <= set(found["uncovered"])
    assert "not looked at: " in desk("verify", "--all")
    assert "notes.txt" not in desk("verify")
