"""Capture a training run from inside: `with cairn.run("churn", seed=7) as run: ...`.

The script says what it used, measured and saved; code, environment and seeds are found as for
a command, by the same code, and the version comes out the same way.
"""

import os
import random
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, overload
from uuid import uuid4

from cairn import rights
from cairn.capture.events import (
    AnyEvent,
    End,
    Journal,
    Process,
    Saved,
    Seeded,
    Source,
    Unseeded,
)
from cairn.capture.interrupted import hold
from cairn.capture.models.script_values import evaluation_of, finite, save_model, scalar_of
from cairn.capture.observed import Observed
from cairn.capture.project import code as codes
from cairn.capture.run import begin, finish, register_models
from cairn.capture.script import Ended
from cairn.capture.told import Told
from cairn.capture.touched import mark_of
from cairn.core import reference
from cairn.core.errors import Invalid, NotFound
from cairn.core.run import Input, Scalar
from cairn.core.secret import redact
from cairn.core.snapshot import SnapshotInfo
from cairn.core.tree import escape
from cairn.core.version import Version
from cairn.data.restore import restore
from cairn.data.source import reader_of, snapshot
from cairn.project import Project

Role = Literal["train", "test", "input", "config"]
Frame = TypeVar("Frame")

LONGEST_ERROR = 2000
_INTERRUPTED = -2  # SIGINT, as a command that Ctrl-C ended


class Captured:
    """One training run, seen from inside: it ends with a version, which no label holds yet."""

    def __init__(self, project: Project, model: str, *, seed: int | None = None) -> None:
        self._project = project
        self._model = reference.model_name(model, team=project.settings.team)
        self._seed = seed
        self._told = Told()
        self._events: list[AnyEvent] = []
        self._version: Version | None = None
        self._is_new = False
        self._held = ExitStack()
        self.id = uuid4().hex

    @property
    def version(self) -> Version:
        """The version that came of the run; raises `NotFound` as long as there is none."""
        if self._version is None:
            raise NotFound(
                f"run {self.id[:8]} has no version: it has not ended, failed or saved nothing"
            )
        return self._version

    @overload
    def use(self, data: str | Path, *, role: Role = "train", **wish: Any) -> Path: ...

    @overload
    def use(self, data: Frame, *, role: Role = "train", **wish: Any) -> Frame: ...

    def use(self, data: object, *, role: Role = "train", **wish: Any) -> object:
        """Freeze data that the run reads, and return what to read it from.

        A path is returned as it is and a frame too; what lies at an address is restored from
        its snapshot, and the path of that is returned. `wish` is that of `registry.snapshot`.
        """
        found = snapshot(self._project, data, **wish)
        if not isinstance(data, str | Path):
            self._told.inputs.append(Input(role=role, snapshot=found.digest))
            return data
        if found.kind != "files" or reader_of(str(data)) is not None:
            self._told.inputs.append(Input(role=role, snapshot=found.digest))
            return self._restored(found)
        path = data
        lies, root = Path(path).resolve(), self._project.settings.folder.resolve()
        inside = lies.relative_to(root) if lies.is_relative_to(root) else Path(lies.name)
        name = escape(os.fsencode(inside))
        self._told.inputs.append(Input(role=role, snapshot=found.digest, path=name))
        return Path(path)

    def _restored(self, found: SnapshotInfo) -> Path:
        """Write a snapshot into the run's folder, once."""
        folder = self._room / "used" / found.digest.removeprefix("sha256:")[:16]
        if not folder.exists():
            rights.make_folder(folder.parent)
            restore(self._project, found.digest, folder)
        return folder

    def log_param(self, name: str, value: object) -> None:
        """Record one hyperparameter."""
        self._told.parameters[name] = scalar_of(value)

    def log_params(self, values: Mapping[str, object]) -> None:
        """Record hyperparameters."""
        for name, value in values.items():
            self.log_param(name, value)

    def log_metric(self, name: str, value: float) -> None:
        """Record one metric; raises `Invalid` if it is NaN or infinite."""
        self._told.metrics[name] = finite(name, value)

    def log_metrics(self, values: Mapping[str, float]) -> None:
        """Record metrics; raises `Invalid` for one that is NaN or infinite."""
        for name, value in values.items():
            self.log_metric(name, value)

    def log_field(self, name: str, value: Scalar) -> None:
        """Record a further fact that `cairn.toml` requires of the model's versions."""
        self._told.fields[name] = scalar_of(value)

    def evaluate(
        self,
        labels: Any,
        scores: Any,
        *,
        ids: Iterable[object] | None = None,
        groups: Mapping[str, Iterable[object]] | None = None,
        on: SnapshotInfo | str | None = None,
    ) -> None:
        """Record what the model predicts for held-out rows: labels 0 or 1, a score each.

        `on` is the snapshot that the rows come from; without it, ids and labels become one.
        Raises `Invalid` if the columns do not fit together.
        """
        found = self._project.find_snapshot(on) if isinstance(on, str) else on
        told = evaluation_of(
            self._project,
            labels,
            scores=scores,
            ids=ids,
            groups=groups,
            on=found,
            settings=self._project.settings.model(self._model).evaluation,
        )
        self._told.evaluations.append(told)
        self._told.inputs.append(Input(role="test", snapshot=told.snapshot))

    def save(self, model: object, *, example: Any = None) -> None:
        """Store the fitted model in a safe format; it becomes a version when the run ends.

        `example` are a few rows for golden predictions; without them, rows of the snapshot
        that it was evaluated on are taken, if that is a table with the model's columns.
        """
        if any(isinstance(event, Saved) for event in self._events):
            raise Invalid("this run has saved a model already: use one run for each model")
        on = [told.snapshot for told in self._told.evaluations]
        saved = save_model(self._project, model, room=self._room, example=example, on=on)
        self._events.append(saved)

    def __enter__(self) -> Self:
        """Begin: look at the code, seed the generators, record that the run has begun."""
        project = self._project
        command = tuple(sys.orig_argv)
        with ExitStack() as held:
            self._room = held.enter_context(hold(project.settings.store, self.id))
            begin(project, self.id, model=self._model, command=command)
            self._before = codes.look(Path.cwd(), store=project.settings.store)
            self._started = time.monotonic()
            self._begin(command)
            _tell_watcher(self.id)
            self._held = held.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End: record the facts, and register the model if there is one.

        Raises what `cairn run` would report when a run succeeded and its model is refused.
        """
        with self._held:
            ended = self._ended(error)
            self._look_back()
            observed = Observed(
                model=self._model,
                command=tuple(sys.orig_argv),
                folder=Path.cwd(),
                before=self._before,
                journal=Journal(tuple(self._events), ()),
                room=self._room,
                ended=ended,
                variables=dict(os.environ),
                told=self._told,
            )
            run, assembled = finish(self._project, self.id, observed)
            if error is not None or not assembled.models:
                return
            outcome = register_models(self._project, run, assembled, model=self._model)
        if outcome.problem is not None:
            raise outcome.problem
        self._version, self._is_new = outcome.version, outcome.is_new

    def _begin(self, command: tuple[str, ...]) -> None:
        self._events.append(
            Process(
                time=0,
                number=os.getpid(),
                executable=sys.executable,
                path=tuple(str(Path(entry).absolute()) for entry in sys.path),
                command=command,
                parent=os.getppid(),
                hash_seed=os.environ.get("PYTHONHASHSEED"),
            )
        )
        if self._seed is not None:
            for generator in _seed_all(self._seed):
                seeded = Seeded(time=0, generator=generator, value=str(self._seed))
                self._events.append(seeded)
        self._numpy_state = _numpy_state()

    def _look_back(self) -> None:
        """See which of the project's modules took part, and whether chance was used."""
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            root = self._project.settings.folder.resolve()
            if not file or not Path(file).resolve().is_relative_to(root):
                continue
            if "site-packages" not in file and (mark := mark_of(Path(file))) is not None:
                path = escape(os.fsencode(Path(file).resolve()))
                inode, size, changed = mark
                self._events.append(
                    Source(time=1, path=path, inode=inode, size=size, changed=changed)
                )
        if self._seed is None and self._numpy_state != _numpy_state() and self._numpy_state:
            self._events.append(Unseeded(time=1, generator="numpy.random"))
        self._events.append(End(time=1, number=os.getpid()))

    def _ended(self, error: BaseException | None) -> Ended:
        seconds = time.monotonic() - self._started
        if error is None:
            return Ended(0, seconds, b"")
        said = redact(f"{type(error).__name__}: {error}")[:LONGEST_ERROR]
        code = _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
        return Ended(code, seconds, said.encode())


def _tell_watcher(run: str) -> None:
    """Tell a `cairn run` around this process, if there is one, that this run is its own."""
    journal = sys.modules.get("cairn_hook.journal")
    if journal is not None:
        journal.write("session", run=run)


def _seed_all(seed: int) -> list[str]:
    """Seed Python's and numpy's generators, and PyTorch's if it is in use."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (the generator that scikit-learn uses by itself)
    torch = sys.modules.get("torch")
    if torch is None:
        return ["numpy.random", "random"]
    torch.manual_seed(seed)
    return ["numpy.random", "random", "torch"]


def _numpy_state() -> object:
    """Tell one state of numpy's global generator from the next; None without numpy."""
    numpy = sys.modules.get("numpy.random")
    if numpy is None:
        return None
    state = numpy.get_state(legacy=False)
    return state["state"]["key"].tobytes(), state["state"]["pos"]
