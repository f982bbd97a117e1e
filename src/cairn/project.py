"""A project: its engine, its objects, its settings, and what is found in it.

Data, training, gates and whatever else stands above are given a `Project`; nothing here
measures, reads people's files or changes a record.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from cairn import identity
from cairn.config import Settings, load_settings
from cairn.core import reference
from cairn.core.digest import Digest
from cairn.core.gate import (
    DecisionInfo,
    GetDecision,
    GetPolicy,
    ListDecisions,
    ListPolicies,
    PolicyInfo,
    ReplayDecision,
)
from cairn.core.label import DrillInfo, GetLabel, LabelHistory, ListDrills, ListLabels, Move
from cairn.core.name import LabelName, ModelName
from cairn.core.request import Engine
from cairn.core.run import GetRun, ListRuns, Run, RunStatus
from cairn.core.snapshot import GetSnapshot, ListSnapshots, SnapshotInfo
from cairn.core.version import GetVersion, ListModels, ListVersions, Version
from cairn.engine.local import LocalEngine
from cairn.engine.store import Store
from cairn.engine.who import Who
from cairn.listed import Versions
from cairn.objects import ObjectStore

FEW = 20


class Project:
    """Models, versions, gates and labels behind one engine; objects beside it."""

    def __init__(self, engine: Engine, objects: ObjectStore, *, settings: Settings) -> None:
        self.engine = engine
        self.objects = objects
        self.settings = settings

    @classmethod
    def open(cls, start: str | Path | None = None) -> Self:
        """Open the project in or above `start`, by default the working folder."""
        settings = load_settings(Path(start) if start is not None else Path.cwd())
        store = Store(settings.store, objects=settings.objects, database=settings.records)
        engine = LocalEngine(
            store,
            Who(
                actor=identity.os_user(),
                team=settings.team,
                key=identity.public,
                sign=identity.signature,
            ),
            gated=settings.gated,
            trusted=settings.trust,
        )
        return cls(engine, store.objects, settings=settings)

    # snapshots

    def find_snapshot(self, reference: str) -> SnapshotInfo:
        """Read a snapshot: `snap:test`, `test`, or its digest."""
        return self.engine.send(GetSnapshot(reference=reference.removeprefix("snap:")))

    def snapshots(self) -> tuple[SnapshotInfo, ...]:
        """Read all snapshots, newest first."""
        return self.engine.send(ListSnapshots())

    # runs

    def run(self, run: str) -> Run:
        """Read a run: `run:3f2a...` or its id."""
        return self.engine.send(GetRun(run=run.removeprefix("run:")))

    def runs(
        self,
        model: str | None = None,
        *,
        status: RunStatus | None = None,
        made: bool = False,
        before: str | None = None,
        limit: int | None = None,
    ) -> tuple[Run, ...]:
        """Read runs, newest first: of a status, `made` a version, `before` one, or `limit`."""
        return self.engine.send(
            ListRuns(
                model=self._model(model) if model else None,
                status=status,
                made=made,
                before=self.run(before).id if before else None,
                limit=limit,
            )
        )

    # versions

    def version(self, version: str) -> Version:
        """Read a version by any reference: `churn:3`, `churn@production`, `sha256:...`."""
        return self.engine.send(GetVersion(reference=self._reference(version)))

    def versions(
        self,
        model: str | None = None,
        *,
        where: str = "",
        before: str | None = None,
        limit: int | None = None,
    ) -> Versions:
        """Read versions, newest first: all, or `limit`; older than `before`; by `where`."""
        name = self._model(model) if model else None
        asked = ListVersions(model=name, where=where, before=before)
        return Versions.read(self.engine, asked, limit=limit)

    def newest(self, model: str | None = None) -> Iterator[Version]:
        """Yield versions, newest first, and read few more than are taken."""
        page = self.versions(model, limit=FEW)
        while page:
            yield from page
            page = self.versions(model, before=page[-1].name, limit=FEW)

    def models(self) -> tuple[ModelName, ...]:
        """Name the models that have versions, in alphabetical order."""
        return self.engine.send(ListModels())

    def names(self, model: ModelName, digests: Iterable[Digest]) -> dict[Digest, str]:
        """Say what versions of a model are called, by their digests."""
        found = (
            self.versions(model, where=f'digest = "{digest}"', limit=1)
            for digest in dict.fromkeys(digests)
        )
        return {version.digest: version.name for each in found for version in each}

    # gates

    def policy(self, label: str) -> PolicyInfo:
        """Read the policy bound to `churn@production`."""
        model, name = self._label(label)
        return self.engine.send(GetPolicy(model=model, label=name))

    def policies(self, label: str) -> tuple[PolicyInfo, ...]:
        """Read every policy that `churn@production` had, newest first."""
        model, name = self._label(label)
        return self.engine.send(ListPolicies(model=model, label=name))

    def decision(self, decision: str) -> DecisionInfo:
        """Read a decision: `decision:...` or its digest."""
        return self.engine.send(GetDecision(reference=decision.removeprefix("decision:")))

    def decisions(self, label: str) -> tuple[DecisionInfo, ...]:
        """Read the decisions on `churn@production`, newest first."""
        model, name = self._label(label)
        return self.engine.send(ListDecisions(model=model, label=name))

    def replay(self, decision: str) -> DecisionInfo:
        """Judge a decision's evidence again; `Corrupt` unless it gives the same bytes."""
        return self.engine.send(ReplayDecision(reference=decision.removeprefix("decision:")))

    # labels

    def live(self, label: str, *, at: str | None = None) -> Move | None:
        """Read the move that put `churn@production` where it is, or was at `at`."""
        model, name = self._label(label)
        return self.engine.send(GetLabel(model=model, label=name, at=at))

    def labels(self, model: str) -> tuple[Move, ...]:
        """Read the last move of every label of a model."""
        return self.engine.send(ListLabels(model=self._model(model)))

    def history(
        self, label: str, *, before: int | None = None, limit: int | None = None
    ) -> tuple[Move, ...]:
        """Read the moves of `churn@production`, oldest first.

        All of them, or the newest `limit` of those before a ledger entry.
        """
        model, name = self._label(label)
        asked = LabelHistory(model=model, label=name, before=before, limit=limit)
        return self.engine.send(asked)

    def drills(self, label: str) -> tuple[DrillInfo, ...]:
        """Read the rollback drills of `churn@production`, newest first."""
        model, name = self._label(label)
        return self.engine.send(ListDrills(model=model, label=name))

    def _model(self, text: str) -> ModelName:
        return reference.model_name(text, team=self.settings.team)

    def _label(self, text: str) -> tuple[ModelName, LabelName]:
        return reference.model_and_label(text, team=self.settings.team)

    def _reference(self, text: str) -> str:
        return str(reference.parse(text, team=self.settings.team))
