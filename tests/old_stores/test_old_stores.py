"""Stores of past releases open, verify to the last byte, and answer as they did."""

import json
import shutil
from pathlib import Path
from typing import Any, cast

import pytest

from projects.shell import Shell, ask

HERE = Path(__file__).parent
RELEASES = sorted(path.name for path in HERE.iterdir() if (path / "answers.json").exists())
Old = tuple[Shell, dict[str, Any]]


@pytest.fixture(params=RELEASES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Old:
    """A project around a copy of an old store, and what that release answered."""
    home: Path = HERE / str(request.param)
    (tmp_path / "project").mkdir()
    shell = Shell(tmp_path / "project")
    shell.write("cairn.toml", "")
    shutil.copytree(home / "store", shell.folder / ".cairn")
    return shell, json.loads((home / "answers.json").read_text())


def covers(answer: object, old: object) -> bool:
    """Tell whether an answer says all that the old one said; it may say more.

    Release 0.1.0 listed the label of rehearsals among a version's, which nobody had set.
    """
    match answer, old:
        case dict(), {"labels": [*labels]} if "drill" in labels:
            known = cast("dict[str, object]", old)
            return covers(answer, known | {"labels": [n for n in labels if n != "drill"]})
        case dict(), dict():
            known = cast("dict[str, object]", old)
            given = cast("dict[str, object]", answer)
            return all(name in given and covers(given[name], known[name]) for name in known)
        case list(), list():
            pairs = list(
                zip(cast("list[object]", answer), cast("list[object]", old), strict=False)
            )
            return len(answer) == len(old) and all(covers(new, one) for new, one in pairs)
        case _:
            return answer == old


def test_there_are_old_stores() -> None:
    assert RELEASES


def test_an_old_store_verifies_to_the_last_byte(old: Old) -> None:
    shell, _ = old

    assert "no problem found" in shell("verify", "--all")


def test_an_old_store_answers_as_it_did(old: Old) -> None:
    shell, answers = old

    asked = ask(shell)
    assert [name for name in answers if not covers(asked[name], answers[name])] == []


def test_a_decision_of_an_old_store_replays(old: Old) -> None:
    shell, answers = old
    digests = [info["digest"] for info in answers["decisions"]["decisions"]]

    told = [shell("gate", "replay", digest) for digest in digests]

    assert len(told) >= 3
    assert all("judged again: the same" in text for text in told)


def test_a_database_lost_from_an_old_store_is_made_again(old: Old) -> None:
    shell, answers = old
    (shell.folder / ".cairn" / "cairn.db").unlink()

    shell("rebuild")

    assert covers(shell.json("ledger", "log"), answers["log"])
    assert "no problem found" in shell("verify", "--all")
