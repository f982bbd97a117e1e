"""What commands print: whole for programs, harmless for terminals, the answer and no more."""

import io
import json
import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cairn.cli import progress
from cairn.cli.text import as_json, listed, number, one_line, printable, shortened, table
from cairn.core.errors import Unavailable
from projects.desk import Desk

LONG = "l" * 50


def typed(desk: Desk, *words: str, output: int, error: int = subprocess.PIPE) -> int:
    """Type a command whose standard output goes elsewhere; return its exit code."""
    command = [sys.executable, "-m", "cairn", *words]
    return subprocess.run(
        command,
        cwd=desk.folder,
        env=desk.environment(),
        stdout=output,
        stderr=error,
        check=False,
    ).returncode


def test_what_a_program_reads_is_never_cut_short(desk: Desk) -> None:
    desk("promote", "churn:1", LONG, "-m", "r" * 300, "--new-label")

    assert LONG in desk("list")
    assert "r" * 300 in desk("history", f"churn@{LONG}")


def test_a_narrow_terminal_gets_lines_that_fit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk("promote", "churn:1", "-m", "r" * 300)
    parent, child = pty.openpty()
    monkeypatch.setenv("COLUMNS", "80")

    code = typed(desk, "history", "churn", output=child)
    os.close(child)
    text = os.read(parent, 1 << 16).decode()
    os.close(parent)

    assert code == 0
    assert text.count("r" * 20) > 5, "nothing is left out"
    assert re.search(r"20\d\d-\d\d-\d\d", text), "a date is whole"
    assert "sha256:" + desk.json("show", "churn:1")["digest"][7:19] in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_progress_is_for_eyes_only(desk: Desk) -> None:
    for index in range(50):
        desk.write(f"many/{index}.csv", "x\n")

    done = desk.run(sys.executable, "-m", "cairn", "snapshot", "add", "many")

    assert done.stderr == ""


class Terminal(io.StringIO):
    """A stream that is read by eyes; tells when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def isatty(self) -> bool:
        """Say that somebody looks."""
        return True

    def write(self, text: str) -> int:
        """Keep what is written, and tell."""
        self.written.set()
        return super().write(text)


def test_work_without_a_measure_says_what_it_is_and_goes_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)

    with progress.working("scoring churn:1"):
        assert screen.written.wait(10)

    assert screen.getvalue().startswith("\rscoring churn:1: 0 s")
    assert screen.getvalue().endswith("\r")
    assert not screen.getvalue().split("\r")[-2].strip()


def test_work_is_silent_for_programs_and_while_it_is_quick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for screen in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", screen)
        with progress.working("scoring churn:1"):
            pass
        assert screen.getvalue() == ""


def test_a_reader_that_goes_away_is_no_failure(desk: Desk) -> None:
    readable, writable = os.pipe()
    os.close(readable)

    code = typed(desk, "ledger", "log", "--json", output=writable)
    os.close(writable)

    assert code == 0


def test_an_output_that_is_full_is_told_and_what_was_asked_is_done(desk: Desk) -> None:
    with Path("/dev/full").open("wb") as full:
        code = typed(desk, "promote", "churn:1", output=full.fileno())
        silent = typed(desk, "show", "nope:1", output=full.fileno(), error=full.fileno())

    assert code == Unavailable.exit_code
    assert silent == 4
    assert desk.json("show", "churn@production")["number"] == 1


@pytest.mark.parametrize(
    "reason",
    [
        "\x1b[31mred",
        "bell\x07",
        "back\x08space",
        "\x9b31m",
        "\u202eturned",
        "\u2028line",
        "cr\rlf",
    ],
)
def test_a_reason_cannot_steer_a_terminal(desk: Desk, reason: str) -> None:
    desk("promote", "churn:1", "-m", reason)

    for words in (("history", "churn"), ("why", "churn:1"), ("ledger", "log")):
        text = desk(*words)
        assert reason not in text
        assert ascii(reason)[1:-1] in text
    assert desk.json("history", "churn")[0]["reason"] == reason


def test_a_reason_cannot_forge_a_line(desk: Desk) -> None:
    forged = "2026-01-01 00:00:00 UTC  churn:2 took production, by grace"
    desk("promote", "churn:1", "-m", f"fine\n  {forged}")

    for words in (("history", "churn"), ("why", "churn:1"), ("ledger", "log")):
        assert all(line.strip() != forged for line in desk(*words).splitlines()), words


@pytest.mark.parametrize(
    "mark", ["\x9b2J", "\u202e", "\u2066", "\u2028", "\x85", "\x7f", "\x1b[2J"]
)
def test_json_for_programs_has_nothing_that_a_terminal_obeys(mark: str) -> None:
    text = as_json({"name": f"a{mark}b", f"k{mark}": [mark], "plain": "ä 雪 😀"})

    assert json.loads(text) == {"name": f"a{mark}b", f"k{mark}": [mark], "plain": "ä 雪 😀"}
    assert printable(text) == text
    assert "ä 雪 😀" in text


def test_words_are_shown_as_they_are_and_nothing_else_is() -> None:
    assert printable("naïve 模型 🦄\tline\n") == "naïve 模型 🦄\tline\n"
    assert printable("\x00\x7f\x85\udcff\u200f") == r"\x00\x7f\x85\udcff\u200f"
    assert one_line("a\nb") == r"a\nb"
    assert table(("h",), [("a\nb",)]) == "h\n----\na\\nb"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.921, "0.921"), (0.92134, "0.9213"), (1.0, "1.0"), (0.0, "0.0"), (None, "-")],
)
def test_numbers_have_no_zeros_at_their_end(value: float | None, written: str) -> None:
    assert number(value) == written


def test_a_word_without_end_is_cut_in_the_middle() -> None:
    text = shortened(f"say {'x' * 10_000} twice")

    assert len(text) < 100
    assert text.startswith("say xxx")
    assert text.endswith("xxx twice")
    assert shortened("p/" * 150) == "p/" * 150


def test_a_list_is_a_page_to_a_person_and_whole_to_a_program(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.cli.version.A_PAGE", 1)

    text = desk("list")

    assert "there are older ones: `cairn list --before churn:2`" in text
    assert [row["name"] for row in desk.json("list")] == ["churn:2", "churn:1"]
    assert [row["name"] for row in desk.json("list", "--limit", "1")] == ["churn:2"]
    assert "older" not in desk("list", "--limit", "2")
    best = desk("list", "--sort", "roc_auc")
    assert "the best 1 of 2: --limit shows more" in best


def test_a_table_that_is_cut_says_how_many_rows_are_left() -> None:
    rows = [(at,) for at in range(1500)]

    first, last = table(["n"], rows, most=2), table(["n"], rows, most=2, newest_last=True)

    assert first.splitlines()[2:] == ["0", "1", "... and 1,498 more: --json lists all"]
    assert last.splitlines()[2:] == ["1498", "1499", "... and 1,498 earlier: --json lists all"]
    assert "more" not in table(["n"], rows, most=1500)
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert listed(["a", "b"], most=2) == "a, b"
