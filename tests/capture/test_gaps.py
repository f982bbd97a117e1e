"""Each thing that was not seen has one sentence and one way out."""

from pathlib import Path

import pytest

from cairn.capture.events import (
    AnyEvent,
    End,
    Fault,
    Journal,
    Network,
    Outside,
    Process,
    Unseen,
    Unwatched,
    read_journal,
)
from cairn.capture.gaps import clipped_gap, observed_gaps

STARTED = Process(time=0, number=7, executable="python", path=(), command=(), parent=1)
ENDED = End(time=9, number=7)


def sentences(*events: AnyEvent, command: tuple[str, ...] = ("python", "x.py")) -> list[str]:
    journal = Journal((STARTED, *events, ENDED), ())
    return [gap.reason for gap in observed_gaps(journal, command, succeeded=True)]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([Outside(time=1, path="/mnt/a.csv")], "the run read /mnt/a.csv, outside the project"),
        (
            [Network(time=1, host="db.example.org"), Network(time=2, host="db.example.org")],
            "the run talked to db.example.org: what it read there is not frozen",
        ),
        (
            [Unseen(time=1, library="duckdb")],
            "duckdb reads files out of sight, so what was read with it is not known",
        ),
        (
            [Unwatched(time=1, program="python3.9")],
            "the run started python3.9 so that it could not be watched",
        ),
        (
            [Fault(time=1, where="dumped", error="TypeError: at 0x7f00")],
            "watching dumped failed (TypeError)",
        ),
        (
            [Outside(time=1, path=f"/m/{n}") for n in range(7)],
            "the run read /m/0, /m/1, /m/2, /m/3, /m/4 and 2 more, outside the project",
        ),
    ],
)
def test_what_was_not_seen_is_said(events: list[AnyEvent], reason: str) -> None:
    assert sentences(*events) == [reason]


def test_a_run_in_which_all_was_seen_has_no_gap() -> None:
    assert sentences() == []


def test_every_gap_says_what_to_do() -> None:
    journal = Journal((STARTED, Unseen(time=1, library="tables")), ())

    assert all(gap.fix for gap in observed_gaps(journal, (), succeeded=True))
    assert all(gap.fix for gap in observed_gaps(Journal((), ()), ("true",), succeeded=True))


def test_a_sentence_that_quotes_at_length_is_cut() -> None:
    assert len(clipped_gap("inputs", "x" * 9999).reason) == 2000


def test_half_a_line_is_left_out_and_a_broken_one_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(
        b'{"event":"end","time":2,"number":7}\n{"event":"seed","ti\x00\n{"event":"sp'
    )
    (tmp_path / "2.jsonl").write_bytes(b'{"event":"split","time":1,"by":"me","later":3}\n')

    journal = read_journal(tmp_path)

    assert [event.time for event in journal.events] == [1, 2]
    assert [gap.reason for gap in journal.gaps] == [
        "1 of 3 notes about the run cannot be read"
    ]
