"""`docs/architecture.md` says where things are, and they are there."""

import ast
import re
import tomllib
from pathlib import Path

import cairn
from projects.desk import Desk

HOME = Path(cairn.__file__).parent
ROOT = HOME.parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def block(heading: str) -> list[str]:
    """The lines of the first block of code below a heading."""
    return PAGE.partition(f"## {heading}\n")[2].split("```")[1].strip("\n").splitlines()


def names(folder: str, suffix: str) -> set[str]:
    return {file.stem for file in (HOME / folder).glob(f"*{suffix}")}


def test_its_layers_are_those_that_are_enforced() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = [
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["id"] == "layers"
    ]

    drawn = [re.split(r"  +", line)[0] for line in block("Which way imports point")]

    assert drawn == [layer for layer in layers if layer != "__main__"]


def test_its_nouns_are_those_that_have_a_rule_a_handler_and_queries() -> None:
    nouns = names("core", ".py") & names("engine", ".py") & names("sql/queries", ".sql")

    listed = re.findall(r"(?m)^\| ([a-z]+): ", PAGE)

    assert sorted(listed) == sorted(nouns)
    assert len(set(listed)) == len(listed)


def test_its_rooms_are_those_of_the_tree_and_say_what_these_say_of_themselves() -> None:
    rooms = {
        f"{file.parent.relative_to(HOME)}/": ast.get_docstring(
            ast.parse(file.read_text("utf-8"))
        )
        for file in HOME.glob("*/*/__init__.py")
    }

    told = dict(re.findall(r"(?m)^\| `(\w+/\w+/)` \| (.*) \|$", PAGE))

    assert told == {room: (doc or "").split("\n")[0] for room, doc in rooms.items()}


def test_every_file_that_it_names_is_there() -> None:
    rows = re.findall(r"(?m)^\| [a-z]+: .*$", PAGE)
    files = re.findall(r"`([\w/]+(?:\.py|\.sql|/))`", "\n".join(rows))

    missing = [
        name
        for name in files
        if not ((HOME / name).exists() or (HOME / "sql" / "queries" / name).exists())
    ]

    assert len(files) > len(rows)
    assert missing == []


def test_what_lies_in_a_store_is_what_it_says(desk: Desk) -> None:
    told = {line.split()[0].rstrip("/") for line in block("The store")[1:]}
    store = desk.folder / ".cairn"

    lies = {path.name for path in store.iterdir()}
    lies |= {path.name for path in (store / "objects").iterdir()}

    assert {name for name in lies if not name.startswith("cairn.db-")} <= told
