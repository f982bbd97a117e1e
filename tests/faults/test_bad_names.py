"""Names that nothing has, and names that nothing should have, given to every command."""

from pathlib import Path

import pytest

from cairn.core.errors import Invalid, NotFound, Refused, Unavailable
from projects.desk import Desk

UNKNOWN = {
    "a version": ("show churn:9", "churn has no version 9; it has 1 to 2"),
    "a version of no model": ("why nope:1", "there is no model nope yet"),
    "a second version": ("diff churn:1 churn:9", "churn has no version 9"),
    "a version to promote": ("promote churn:9", "churn has no version 9"),
    "an expected version": ("promote churn:1 --expecting churn:9", "churn has no version 9"),
    "a version to judge": ("gate check churn:9", "churn has no version 9"),
    "a version to delete": ("delete churn:9 -m x", "churn has no version 9"),
    "a version to mark": ("mark-bad churn:9 -m x", "churn has no version 9"),
    "a version to release": ("release churn:9", "churn has no version 9"),
    "a version to export": ("export churn:9 out", "churn has no version 9"),
    "a version to evaluate": ("evaluate churn:9 --on snap:test", "churn has no version 9"),
    "a version to compare": ("compare churn:1 churn:9", "churn has no version 9"),
    "a version to verify": ("verify churn:9", "churn has no version 9"),
    "a release": ("show churn:4.0.0", "churn has no release 4.0.0"),
    "a label": (
        "show churn@nope",
        "there is no label nope; there are archived, canary, dev, production, staging",
    ),
    "a label's predecessor": ("show churn@dev~1", "dev of churn holds nothing"),
    "a digest": ("show sha256:00000000", "no version is called sha256:00000000"),
    "a commit": ("show commit:000000", "no version is called commit:000000"),
    "a tag": ("show tag:v9.9.9", "no version is called tag:v9.9.9"),
    "a run": ("show run:00000000", "there is no run 00000000; `cairn runs` lists them"),
    "a run to register": ("register run:00000000", "there is no run 00000000"),
    "a snapshot": ("snapshot show nope", "there is no snapshot 'nope'; `cairn snapshot list`"),
    "a snapshot to restore": ("snapshot restore nope out", "there is no snapshot 'nope'"),
    "a snapshot to verify": ("snapshot verify nope", "there is no snapshot 'nope'"),
    "a snapshot to compare": ("snapshot diff snap:test nope", "there is no snapshot 'nope'"),
    "a snapshot to score": ("evaluate churn:1 --on nope", "there is no snapshot 'nope'"),
    "a decision": ("gate explain 00000000", "there is no decision 00000000"),
    "a decision to replay": ("gate replay 00000000", "there is no decision 00000000"),
    "a decision to use": ("promote churn:1 --decision 00000000", "there is no decision"),
    "a policy": ("gate show churn@dev", "churn@dev has no policy; `cairn gate set churn@dev"),
    "a model's history": ("history nope", "there is no model nope yet"),
    "a ledger entry": ("ledger prove 9999", "the ledger has no entry 9999"),
    "weights": ("register nope.bin --model churn", "there is nothing at nope.bin"),
    "an address": ("register s3://bucket/w --model churn", "there is nothing at s3:"),
    "data": ("snapshot add nope.csv", "nope.csv is not there: check the path"),
}
HOSTILE = [
    "..",
    "../../etc/passwd",
    "a/../b",
    "/etc/passwd",
    "a//b",
    "a/b/c",
    "a\r\nb",
    "a\nb",
    "\u202echurn",
    "churn\u200f",
    "\U0001f40d",
    "сhurn",  # noqa: RUF001 (a Cyrillic letter in front)
    "x" * 10_000,
    "' OR 1=1; --",
    "$(touch canary)",
    "`touch canary`",
    "churn%00",
    "churn*",
    "CON",
    "a" * 101,
    "\udcff\udcfe",
]
PLACES = [
    ("show", "{}:1"),
    ("show", "{}@production"),
    ("show", "churn@{}"),
    ("list", "{}"),
    ("runs", "{}"),
    ("history", "{}"),
    ("promote", "churn:1", "{}"),
    ("rollback", "churn@{}"),
    ("gate", "check", "churn:1", "{}"),
    ("register", "data", "--model", "{}"),
    ("snapshot", "add", "data", "--name", "{}"),
    ("run", "--model", "{}", "--", "true"),
]


def files(desk: Desk) -> set[Path]:
    """All files of a project but objects, which nothing may refer to, and SQLite's own."""
    passing = ("objects", "cairn.db-wal", "cairn.db-shm")
    found = desk.folder.rglob("*")
    return {path for path in found if not any(part in passing for part in path.parts)}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_nothing_is_called_is_not_found(desk: Desk, what: str) -> None:
    words, says = UNKNOWN[what]

    with desk.nothing_recorded():
        desk.fails(*words.split(), code=NotFound.exit_code, says=says)


@pytest.mark.parametrize("words", PLACES, ids=" ".join)
def test_a_hostile_name_is_refused_in_one_line_and_touches_nothing(
    desk: Desk, words: tuple[str, ...]
) -> None:
    before = files(desk)

    with desk.nothing_recorded():
        for name in HOSTILE:
            text = desk.fails(
                *(word.replace("{}", name) for word in words),
                code=Invalid.exit_code,
                says="is not a |names no|is not valid",
            )
            assert len(text) < 500, "a name without end is not repeated without end"
            assert text.isprintable() or text[:-1].isprintable()

    assert files(desk) == before


def test_a_name_that_looks_like_an_option_is_a_usage_error(desk: Desk) -> None:
    assert "No such option" in desk("show", "-rf", expect=2)
    desk.fails("show", "--", "-rf", code=Invalid.exit_code, says="'-rf' is not a model name")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("release churn:1 01.0.0", "is not a release number such as 1.4.0"),
        ("release churn:1 banana", "neither major, minor, patch nor a number"),
        ("list --where bogus", "cannot read the filter 'bogus'; write it like"),
        ("history churn --at yesterday", "is not a time; write 2026-03-01T09:30"),
        ("history churn --at 0001-01-01T00:00+12:00", "is not a time"),
        ("show run:nope", "is not a run id: give 8 or more of its digits"),
        ("gate explain nope", "names no decision: give 8 digits or more"),
        ("compare churn:1 churn:2 --metric nope", "metric 'nope' is not known; there are"),
        ("register data --model churn --param x", "write NAME=VALUE"),
        ("register data --model churn --metric auc=high", "auc = 'high' is not a number"),
        ("register data --model churn --metric auc=nan", "metric auc is nan"),
        ("register data --model churn --metric auc=inf", "metric auc is inf"),
        ("register data", "say which model this is"),
        ("run --model churn -- no-such-program", "no-such-program is not installed"),
        ("run --model churn -- data/test.csv", "is not a program: write `cairn run"),
        ("steps 0", "there is no step 0: they are numbered 1 to 9"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_write(desk: Desk, words: str, says: str) -> None:
    with desk.nothing_recorded():
        desk.fails(*words.split(), code=Invalid.exit_code, says=says)


@pytest.mark.parametrize(
    "words",
    [
        ("register", "{}", "--model", "churn"),
        ("snapshot", "add", "{}"),
        ("export", "churn:1", "{}"),
        ("snapshot", "restore", "snap:test", "{}"),
        ("init", "{}"),
        ("run", "--model", "churn", "--", "./{}"),
    ],
    ids=" ".join,
)
def test_a_path_that_is_too_long_is_one_sentence(desk: Desk, words: tuple[str, ...]) -> None:
    typed = [word.replace("{}", "x" * 5000) for word in words]

    text = desk.fails(*typed, code=Unavailable.exit_code, says="ile name too long")

    assert len(text) < 500


def test_data_that_may_change_is_refused_with_what_freezes_it(desk: Desk) -> None:
    text = desk(
        *("register", "data", "--model", "other", "--data", "data/test.csv"),
        expect=Refused.exit_code,
    )

    assert "is a path and may hold other data tomorrow" in text
    assert "run `cairn snapshot add data/test.csv --name test`, refer to snap:test" in text


def test_a_project_may_lie_in_a_folder_of_any_name(tmp_path: Path) -> None:
    for name in ("with space", "naïve", "-x", "line\nfeed", "\udcff", "$HOME"):
        folder = tmp_path / name / "project"
        folder.mkdir(parents=True)
        desk = Desk(folder)

        desk("init")
        desk.write("a.csv", "x\n")

        assert "no problem found" in desk("verify", "--all")
        assert "snap:a is" in desk("snapshot", "add", "a.csv", "--name", "a")
