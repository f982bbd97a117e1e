"""What the processes of a run wrote down about themselves, read back in order of time.

A journal ends anywhere: its process may have been killed in the middle of a line. Whole lines
count, and a line that cannot be read is a gap.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from cairn.core.run import Gap

Plain = bool | int | float | str | None


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    """One line; `time` orders the events of all processes of one machine."""

    time: int


class Process(Event, frozen=True, tag="process"):
    """A Python process began to be watched."""

    number: int
    executable: str
    path: tuple[str, ...]
    command: tuple[str, ...]
    parent: int
    hash_seed: str | None = None


class Read(Event, frozen=True, tag="read"):
    """A file was opened for reading, and was then as `inode`, `size` and `changed` say."""

    path: str
    inode: int
    size: int
    changed: int


class Source(Read, frozen=True, tag="source"):
    """A Python file or a notebook was read: imported, or run."""


class Write(Event, frozen=True, tag="write"):
    """A file was opened for writing; `copy` holds what the run had read of it before."""

    path: str
    copy: str | None = None


class Rename(Event, frozen=True, tag="rename"):
    """A file was moved from `source` to `path`."""

    source: str
    path: str


class Companion(Event, frozen=True, tag="companion"):
    """Something that prepares inputs or reads outputs was written beside a model."""

    path: str
    kind: str


class Database(Event, frozen=True, tag="database"):
    """A SQLite file was connected to; `copy` holds what it was then."""

    path: str
    copy: str | None = None


class Outside(Event, frozen=True, tag="outside"):
    """A file outside the project was read."""

    path: str


class Network(Event, frozen=True, tag="network"):
    """A host was looked up."""

    host: str


class Unwatched(Event, frozen=True, tag="unwatched"):
    """A Python was started so that it could not be watched."""

    program: str


class Options(Event, frozen=True, tag="options"):
    """The script read its command line."""

    values: dict[str, Plain]


class Seeded(Event, frozen=True, tag="seed"):
    """A generator was given a seed."""

    generator: str
    value: str


class Unseeded(Event, frozen=True, tag="unseeded"):
    """A generator was used that nobody had seeded."""

    generator: str


class Split(Event, frozen=True, tag="split"):
    """Data was split in memory."""

    by: str


class Fitted(Event, frozen=True, tag="fitted"):
    """An estimator was fitted to some rows."""

    model: str
    generation: int
    kind: str
    rows: int


class Examples(Event, frozen=True, tag="examples"):
    """A metric was computed on rows that a fitted model predicted for."""

    number: str
    model: str
    generation: int
    role: str
    overlap: int
    rows: int
    task: str
    label: str
    classes: tuple[str, ...] = ()
    frame: str | None = None


class Metric(Event, frozen=True, tag="metric"):
    """A metric was computed; `examples` are the rows, where they are known.

    `derived` ones were computed from an array that was made from a prediction, and `part` says
    that a known model is behind it, though perhaps only for some rows of a set.
    """

    name: str
    value: float | str
    rows: int
    examples: str | None = None
    derived: bool = False
    part: bool = False


class Saved(Event, frozen=True, tag="saved"):
    """A fitted model was saved to `path`, or as bytes of this `digest`.

    `main` names what in it only the script itself defines.
    """

    model: str
    generation: int
    kind: str
    whole: bool
    parameters: dict[str, Plain]
    path: str | None = None
    inode: int = 0
    digest: str | None = None
    frame: str | None = None
    main: tuple[str, ...] = ()
    folder: str | None = None
    flavor: str | None = None
    reason: str | None = None
    golden_reason: str | None = None
    method: str | None = None
    inputs: tuple[tuple[str, str], ...] = ()


class Loaded(Event, frozen=True, tag="loaded"):
    """A model came back from a file."""

    model: str
    path: str


class NotStored(Event, frozen=True, tag="not_stored"):
    """Rows in memory could not be frozen."""

    reason: str


class WithoutCairn(Event, frozen=True, tag="without_cairn"):
    """The script's environment has no Cairn to freeze things with."""

    reason: str


class Fault(Event, frozen=True, tag="fault"):
    """Something could not be watched."""

    where: str
    error: str


class Unseen(Event, frozen=True, tag="unseen"):
    """A library was imported that reads files out of sight."""

    library: str


class Session(Event, frozen=True, tag="session"):
    """The script captured itself, as a run of its own."""

    run: str


class End(Event, frozen=True, tag="end"):
    """A process left in good order."""

    number: int


AnyEvent = (
    Process
    | Read
    | Source
    | Write
    | Rename
    | Companion
    | Database
    | Outside
    | Network
    | Unwatched
    | Options
    | Seeded
    | Unseeded
    | Split
    | Fitted
    | Examples
    | Metric
    | Saved
    | Loaded
    | NotStored
    | WithoutCairn
    | Fault
    | Unseen
    | Session
    | End
)
Kind = TypeVar("Kind", bound=Event)


class Journal(NamedTuple):
    """All events of a run in order of time, and what could not be read of them."""

    events: tuple[AnyEvent, ...]
    gaps: tuple[Gap, ...]

    def of(self, kind: type[Kind]) -> list[Kind]:
        """List the events of exactly one kind, in order of time."""
        return [event for event in self.events if type(event) is kind]  # pyright: ignore[reportReturnType] (`kind` is the type of each)


def read_journal(folder: Path) -> Journal:
    """Read every journal in `folder`."""
    events: list[AnyEvent] = []
    broken = 0
    for file in sorted(folder.glob("*.jsonl")):
        whole, _, _ = file.read_bytes().rpartition(b"\n")
        found, bad = _decoded(whole.splitlines())
        events += found
        broken += bad
    gap = Gap(
        field="capture",
        reason=f"{broken} of {broken + len(events)} notes about the run cannot be read",
        fix="run it again",
    )
    in_order = tuple(sorted(events, key=lambda event: event.time))
    return Journal(in_order, (gap,) if broken else ())


def _decoded(lines: Sequence[bytes]) -> tuple[list[AnyEvent], int]:
    decoder = msgspec.json.Decoder(AnyEvent)
    found: list[AnyEvent] = []
    for line in lines:
        try:
            found.append(decoder.decode(line))
        except msgspec.DecodeError:
            continue
    return found, len(lines) - len(found)
