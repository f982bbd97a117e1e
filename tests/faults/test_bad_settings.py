"""`cairn.toml` and policy files that are broken, misspelt or of the wrong type."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cairn.core.errors import Conflict, Invalid, NotFound, Unavailable
from projects.desk import Desk

EVALUATION = '[model.churn.evaluation]\ndata = "snap:test"\nlabel = "churned"\n'
BROKEN = {
    "no TOML": ("store =", "is not valid TOML"),
    "no text": (b"\xff\xfe", "is not valid TOML"),
    "an unknown key": ('stor = ".cairn"', "there is no key 'stor', only store, objects, team"),
    "a number for a folder": ("store = 5", "store must be the name of a folder"),
    "no folder's name": ('store = "a\\u0000b"', "store must be the name of a folder"),
    "another place": ('store = "https://hub"', "keeps stores in folders and PostgreSQL only"),
    "a bad team": ('team = "Risk Team"', "team must be lower-case letters"),
    "a model that is none": (
        "[model]\nchurn = 1",
        r"must be sections such as \[model.churn\]",
    ),
    "a bad model": ("[model.Churn]\nfields = []", "'Churn' is not a model name"),
    "an unknown key of a model": ("[model.churn]\nfeilds = []", "no key 'feilds', only eval"),
    "fields that are not a list": ('[model.churn]\nfields = "a"', "fields must be a list of"),
    "a field that is not a name": (
        "[model.churn]\nfields = [1]",
        r"fields\[0\] must be a list",
    ),
    "no section": ("[model.churn]\nevaluation = 3", "evaluation must be a section of its own"),
    "no label": ('[model.churn.evaluation]\ndata = "snap:t"', "the key 'label' is missing"),
    "a misspelt label": (EVALUATION + 'lable = "y"', "no key 'lable', only data, label, id"),
    "groups that are not a list": (EVALUATION + 'groups = "region"', "groups must be a list"),
    "a command for a score": (
        EVALUATION + 'score = "rm -rf /"',
        "score must be predict_proba",
    ),
    "a number for data": (
        '[model.churn.evaluation]\ndata = 1\nlabel = "y"',
        "data must be text",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_settings_are_named_with_the_key_and_what_it_takes(
    desk: Desk, what: str
) -> None:
    content, says = BROKEN[what]
    path = desk.folder / "cairn.toml"
    before = path.read_text()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    for words in ("list", "promote churn:1", "rebuild --yes"):
        text = desk.fails(*words.split(), code=Invalid.exit_code, says=says)
        assert "cairn.toml" in text
        assert "Expected" not in text or "TOML" in text, "a person's words, not a validator's"

    path.write_text(before)
    assert "no problem found" in desk("verify", "--all")


@pytest.mark.parametrize("content", ["", "\ufeffteam = 'default'\n", "store = '.cairn'\r\n"])
def test_settings_may_be_few_and_written_anywhere(desk: Desk, content: str) -> None:
    (desk.folder / "cairn.toml").write_bytes(content.encode())

    assert len(desk.json("list")) == 2


@pytest.mark.parametrize(
    ("store", "error", "says"),
    [
        ("nowhere", NotFound, "there is no store at .*nowhere; `cairn init` makes one"),
        ("gates/churn.yaml", Unavailable, r"store\.json cannot be read: Not a directory"),
    ],
)
def test_a_store_that_is_not_there_is_named(
    desk: Desk, store: str, error: type[NotFound | Unavailable], says: str
) -> None:
    desk.write("cairn.toml", f'store = "{store}"\n')

    desk.fails("list", code=error.exit_code, says=says)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_circle(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [a_folder, a_circle])
def test_settings_that_are_no_file_are_not_settings(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    desk = Desk(tmp_path / "project")
    desk.folder.mkdir()
    make(desk.folder / "cairn.toml")

    desk.fails(
        "list", code=NotFound.exit_code, says="run `cairn init` in your project's folder"
    )
    desk("init", expect=Unavailable.exit_code)


def test_init_takes_up_what_an_interrupted_one_left(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "project")
    desk.folder.mkdir()
    desk("init")
    (desk.folder / "cairn.toml").unlink()
    desk.write(".gitignore", "*.pyc")

    desk("init")

    assert (desk.folder / ".gitignore").read_text() == "*.pyc\n.cairn/\n"
    assert "no problem found" in desk("verify", "--all")
    desk.fails("init", code=Conflict.exit_code, says="is a Cairn project already")


def test_init_leaves_a_key_that_cannot_be_written_to_a_sentence(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "project")
    desk.folder.mkdir()
    desk.home.write_text("a file where the folder of keys should be")

    desk.fails("init", code=Unavailable.exit_code, says="no store can be made at")

    assert not (desk.folder / "cairn.toml").exists()
    desk.home.unlink()
    desk("init")


CHECKS = "cairn: policy/1\nevaluation: snap:test\nchecks:\n"
POLICIES = {
    "no YAML": ("cairn: [", "line "),
    "no text": (b"\xff\xfe", "is not UTF-8 text"),
    "empty": ("", "the file is empty"),
    "another format": ("cairn: policy/2\n", "policy/1"),
    "an unknown check": (
        CHECKS + "  - {id: a, type: magic}\n",
        "there is no check of type 'magic', only",
    ),
    "a group that is none": (
        CHECKS + "  - {id: a, type: no_subgroup_regression, by: [age], metric: recall}\n",
        r"not among the groups of the evaluation in cairn.toml \(region\)",
    ),
    "not a number": (
        CHECKS + "  - {id: a, type: floor, metric: recall, value: .nan}\n",
        ".nan is not a number that a check can be held against",
    ),
    "code": (
        "!!python/object/apply:os.system ['touch canary']",
        "tags such as .* are not allowed",
    ),
}


@pytest.mark.parametrize("what", POLICIES)
def test_a_broken_policy_is_refused_and_the_old_one_stays(desk: Desk, what: str) -> None:
    content, says = POLICIES[what]
    path = desk.folder / "gates" / "bad.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with desk.nothing_recorded():
        desk.fails(
            *("gate", "set", "churn@production", "gates/bad.yaml"),
            code=Invalid.exit_code,
            says=f"gates/bad.yaml: .*{says}|gates/bad.yaml {says}",
        )

    assert not (desk.folder / "canary").exists()
    assert [row["id"] for row in desk.json("gate", "show", "churn")["policy"]["checks"]] == [
        "floor"
    ]
