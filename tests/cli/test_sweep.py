"""`cairn sweep`: says what goes and why, and does it only when it is told to."""

import os
import sys
import time
from pathlib import Path

import pytest

from projects.desk import Desk


def packs(desk: Desk) -> list[Path]:
    return sorted((desk.folder / ".cairn" / "objects" / "packs").iterdir())


def older(desk: Desk, *, days: float) -> None:
    """Let everything that lies in the store have been there for some days."""
    when = time.time() - days * 24 * 60 * 60
    for part in ("packs", "tombs"):
        for file in (desk.folder / ".cairn" / "objects" / part).glob("*"):
            os.utime(file, (when, when))


def forgotten(desk: Desk) -> None:
    """Store something that nothing will ever refer to, as an interrupted command does."""
    from cairn.registry import Registry

    Registry.open(desk.folder).objects.put(b"nobody refers to this")


def test_a_sweep_says_what_would_go_and_changes_nothing(desk: Desk) -> None:
    forgotten(desk)
    older(desk, days=4)
    before = packs(desk)

    text = desk("sweep")

    assert "1 would get a tomb" in text
    assert "nobody needs it" in text
    assert "nothing was changed; `cairn sweep --apply` does this" in text
    assert packs(desk) == before


def test_what_was_stored_lately_is_left_alone(desk: Desk) -> None:
    forgotten(desk)

    found = desk.json("sweep")

    assert {pack["act"] for pack in found["sweep"]["packs"]} == {"keep"}


def test_what_nothing_needs_is_buried_and_a_week_later_it_is_gone(desk: Desk) -> None:
    forgotten(desk)
    older(desk, days=4)
    before = packs(desk)

    buried = desk.json("sweep", "--apply")
    waiting = desk.json("sweep", "--apply")
    older(desk, days=8)
    gone = desk.json("sweep", "--apply", "-m", "spring cleaning")

    acts = [
        [pack["act"] for pack in each["sweep"]["packs"]] for each in (buried, waiting, gone)
    ]
    assert [each.count("bury") for each in acts] == [1, 0, 0]
    assert [each.count("wait") for each in acts] == [0, 1, 0]
    assert [each.count("remove") for each in acts] == [0, 0, 1]
    assert len(set(before) - set(packs(desk))) == 1
    assert desk.json("verify", "--all").get("problems", []) == []
    entries = desk.json("ledger", "log", "--action", "objects.sweep")
    assert [entry["reason"] for entry in entries if "reason" in entry][-1] == "spring cleaning"


def test_the_weights_of_a_deleted_version_go_and_the_rest_of_the_store_is_whole(
    desk: Desk,
) -> None:
    desk("delete", "churn:2", "-m", "not needed")
    shown = desk.json("show", "churn:2")["artifacts"]
    older(desk, days=4)

    desk("sweep", "--apply")
    older(desk, days=8)
    desk("sweep", "--apply")
    older(desk, days=16)
    desk("sweep", "--apply")

    assert desk.json("verify", "--all").get("problems", []) == []
    assert desk.json("show", "churn:2")["artifacts"] == shown
    assert "churn:1 is intact" in desk("verify", "churn:1")


def test_it_is_told_for_whose_sake_an_object_stays(desk: Desk) -> None:
    digest = desk.json("show", "churn:1")["digest"]

    assert (
        desk("sweep", "--why", digest) == f"{digest} stays for the sake of default/churn:1\n"
    )
    missing = "sha256:" + "0" * 64
    assert desk.json("sweep", "--why", missing) == {"digest": missing, "kept_for": None}


def test_nothing_goes_while_anything_that_is_needed_is_damaged(desk: Desk) -> None:
    forgotten(desk)
    older(desk, days=4)
    for pack in packs(desk):
        content = bytearray(pack.read_bytes())
        content[40] ^= 1
        pack.chmod(0o644)
        pack.write_bytes(content)
    before = packs(desk)

    desk.fails("sweep", "--apply", code=9, says="cairn fsck")

    assert packs(desk) == before


@pytest.mark.parametrize("wrong", [("--why", "churn:1"), ("--grace-hours", "-1")])
def test_what_cannot_be_meant_is_refused(desk: Desk, wrong: tuple[str, str]) -> None:
    done = desk.run(sys.executable, "-m", "cairn", "sweep", *wrong)

    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
