"""Help, completion and advice: what the command line says of itself."""

import subprocess
from pathlib import Path

import click
import pytest

from cairn.cli.app import COMMANDS, SECTIONS, SUMMARIES, app
from projects.desk import Desk


def commands() -> list[tuple[str, ...]]:
    """Every command and sub-command that there is a module for."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = app.get_command(click.Context(app), name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, inner) for inner in command.commands]
    return found


EVERY = commands()
GROUPS = {words[:1] for words in EVERY if len(words) > 1}


def test_the_help_names_every_command_once_with_what_it_does(desk: Desk) -> None:
    text = desk("--help")

    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(COMMANDS) == sorted(SUMMARIES)
    assert all(f"  {name} " in text for name in COMMANDS)
    assert desk("-h") == text


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_help_in_a_sentence(desk: Desk, words: tuple[str, ...]) -> None:
    text = desk(*words, "--help")

    usage, _, described = text.partition("\n\n")
    assert usage.startswith(f"Usage: cairn {' '.join(words)}")
    assert described.strip()[0].isupper()
    assert described.strip().split("\n\n")[0].rstrip().endswith((".", ":"))


def test_every_command_but_groups_answers_as_json(desk: Desk) -> None:
    without = [words for words in EVERY if "--json" not in desk(*words, "--help")]

    assert set(without) <= GROUPS


def test_help_needs_no_project(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    assert "Usage: cairn" in Desk(empty)("--help")
    assert "cairn 0." in Desk(empty)("--version")


def test_a_command_that_is_nearly_right_is_named(desk: Desk) -> None:
    text = desk("promot", "churn:1", expect=2)

    assert "there is no command 'promot'; did you mean `cairn promote`?" in text


def test_a_command_that_is_nothing_leads_to_the_help(desk: Desk) -> None:
    assert "there is no command 'xyzzy'; see `cairn --help`" in desk("xyzzy", expect=2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(desk: Desk, shell: str) -> None:
    script = desk("completion", shell)

    assert "_CAIRN_COMPLETE" in script
    assert desk.json("completion", shell) == {"shell": shell, "script": script[:-1]}


def test_the_completion_script_is_good_bash(desk: Desk) -> None:
    script = desk("completion", "bash")

    done = subprocess.run(["bash", "-n"], input=script, text=True, check=False)

    assert done.returncode == 0


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cairn pro", "promote"),
        ("cairn snapshot re", "restore"),
        ("cairn promote --wa", "--waiver"),
    ],
)
def test_completion_offers_what_can_be_typed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, line: str, offered: str
) -> None:
    monkeypatch.setenv("_CAIRN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))

    assert f",{offered}\n" in desk()
