"""Lists of values are laid out over the lines that they need; sentences stay whole."""

import pytest

from cairn.cli import text
from cairn.cli.text import pairs
from cairn.core.words import of_all


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_columns", lambda: 40)


@pytest.mark.usefixtures("narrow")
def test_many_values_go_on_below_the_first() -> None:
    words = tuple(f"parameter_{number}={number}" for number in range(6))

    lines = pairs([("run", "run:1"), ("parameters", words)], indent="  ").splitlines()

    assert lines[1:] == [
        "  parameters  parameter_0=0,",
        *(f"              parameter_{number}={number}," for number in range(1, 5)),
        "              parameter_5=5",
    ]
    assert max(map(len, lines)) <= 40


@pytest.mark.usefixtures("narrow")
def test_what_is_to_be_typed_is_not_broken() -> None:
    line = "`cairn register run:123 --artifact model.joblib` adds the model to it"

    assert pairs([("gap", line)]) == f"gap  {line}"


def test_a_program_gets_a_list_on_one_line() -> None:
    words = tuple(f"parameter_{number}={number}" for number in range(60))

    assert pairs([("parameters", words)]) == f"parameters  {', '.join(words)}"


@pytest.mark.parametrize(
    ("count", "whole", "said"),
    [
        (1, 1, "1 of 1 file was"),
        (1, 3, "1 of 3 files was"),
        (2, 1200, "2 of 1,200 files were"),
    ],
)
def test_a_share_is_said_in_the_right_number(count: int, whole: int, said: str) -> None:
    assert of_all(count, whole, "file") == said
