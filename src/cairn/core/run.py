"""Runs: what happened when a model was trained."""

from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.digest import Digest
from cairn.core.errors import Conflict
from cairn.core.name import ModelName, RunId, Text
from cairn.core.request import Change, Record, Request

Scalar = bool | int | float | str | None
"""A parameter's value; integers beyond 2^53 are written as strings."""

Commit = Annotated[str, Meta(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$(?!\n)")]
"""A git commit, by SHA-1 or SHA-256."""

RunStatus = Literal["running", "succeeded", "failed", "interrupted"]


class Gap(Record, frozen=True):
    """One thing that is not known about a run or version, and how to close it."""

    field: str
    reason: Text
    fix: Text = ""


class Code(Record, frozen=True):
    """Exact source: a commit, and what was changed on top of it.

    `patch` is a `git apply`-able diff with untracked sources in it; None is a clean tree.
    `entry_point` and `config_files` are paths in the repository.
    """

    commit: Commit
    remote: Text | None = None
    patch: Digest | None = None
    entry_point: Text | None = None
    config_files: tuple[str, ...] = ()
    submodules: dict[str, str] = {}


class Environment(Record, frozen=True):
    """The software a model was made with; `lock` is an object, one `name==version` a line."""

    python: str
    implementation: str
    operating_system: str
    machine: str
    lock: Digest
    libc: str = ""
    accelerators: tuple[str, ...] = ()


class Host(Record, frozen=True):
    """The machine of one run: not part of a version's identity."""

    name: str = ""
    kernel: str = ""
    cpu: str = ""
    cores: int = 0
    memory_bytes: str = ""
    drivers: tuple[str, ...] = ()


class Seed(Record, frozen=True):
    """A random generator and the seed it was given (as text: seeds may exceed 2^53)."""

    generator: str
    value: str


class Input(Record, frozen=True):
    """Data that went in; `path` is where the script found it, within the project."""

    role: Literal["train", "test", "input", "config"]
    snapshot: Digest
    path: str = ""


class RunFacts(Record, frozen=True, tag_field="cairn", tag="run/1"):
    """Everything observed about one run; its manifest takes what identifies the version."""

    command: tuple[str, ...] = ()
    code: Code | None = None
    branch: str | None = None
    inputs: tuple[Input, ...] = ()
    outputs: dict[str, Digest] = {}
    environment: Environment | None = None
    host: Host | None = None
    seeds: tuple[Seed, ...] = ()
    unseeded: tuple[str, ...] = ()
    parameters: dict[str, Scalar] = {}
    metrics: dict[str, float] = {}
    evaluations: tuple[Digest, ...] = ()
    artifacts: dict[str, Digest] = {}
    """Models that the run wrote: path of the script's own file -> manifest to register."""
    log: Digest | None = None
    duration_seconds: float = 0.0
    exit_code: int | None = None
    gaps: tuple[Gap, ...] = ()
    sources: dict[str, Digest] = {}
    """Of a run without a commit: the modules that took part, by their path in the project."""


class StartRun(Change["Run"], frozen=True, tag="run.start"):
    """Record that a run has begun, so that one that never ends is visible."""

    run: RunId
    model: ModelName
    command: tuple[str, ...] = ()


class FinishRun(Change["Run"], frozen=True, tag="run.finish"):
    """Record how a run ended; its facts are already stored as an object."""

    run: RunId
    status: Literal["succeeded", "failed", "interrupted"]
    facts: Digest | None = None
    reason: Text = ""


class GetRun(Request["Run"], frozen=True, tag="run.get"):
    """Read a run by its id (eight characters or more of it)."""

    run: Text


class ListRuns(Request["tuple[Run, ...]"], frozen=True, tag="run.list"):
    """Read runs, newest first; `made` are those that made a version."""

    model: ModelName | None = None
    status: RunStatus | None = None
    made: bool = False
    before: RunId | None = None
    """Only those that began before this one."""
    limit: Annotated[int, Meta(ge=1)] | None = None


class Run(Record, frozen=True):
    """A run as the registry knows it, with the versions that came of it."""

    id: RunId
    model: ModelName
    status: RunStatus
    started_by: str
    started_at: str
    command: tuple[str, ...] = ()
    ended_at: str | None = None
    facts: Digest | None = None
    reason: Text = ""
    versions: tuple[int, ...] = ()


def finish(asked: FinishRun, run: Run) -> None:
    """Raise `Conflict` if the run that `asked` wants to end has ended already."""
    if run.status != "running":
        raise Conflict(f"run {asked.run[:12]} has already ended: {run.status}")
