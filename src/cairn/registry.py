"""The registry people call: the same methods over any engine.

What stands above it in the layers (reading data, measuring models) is handed in as a
`Workbench` (`work.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from time import time
from uuid import uuid4

from cairn.config import Settings
from cairn.core import reference
from cairn.core.comparison import Comparison
from cairn.core.difference import VersionDiff
from cairn.core.digest import Digest
from cairn.core.evaluation import EvaluationInfo
from cairn.core.export import Exported
from cairn.core.gate import (
    DecisionInfo,
    GetDecision,
    GetPolicy,
    JudgeGate,
    ListDecisions,
    ListPolicies,
    Policy,
    PolicyInfo,
    ReplayDecision,
    SetPolicy,
)
from cairn.core.label import (
    DrillInfo,
    Expecting,
    GetLabel,
    Holder,
    LabelHistory,
    ListDrills,
    ListLabels,
    Move,
    MoveLabel,
    Nobody,
    Rollback,
)
from cairn.core.ledger import Verification, VerifyStore
from cairn.core.name import LabelName, ModelName
from cairn.core.request import Engine
from cairn.core.run import GetRun, ListRuns, Run, Scalar
from cairn.core.snapshot import GetSnapshot, Keeping, ListSnapshots, Sampling, SnapshotInfo
from cairn.core.sweep import ListKept, RecordSweep, Sweep
from cairn.core.transfer import Transferred
from cairn.core.version import (
    DeleteVersion,
    GetVersion,
    ListVersions,
    Manifest,
    MarkBad,
    ReleaseVersion,
    Version,
    parse_release,
)
from cairn.engine.override import against_the_gate
from cairn.listed import Versions
from cairn.objects import ObjectStore
from cairn.objects.closure import Need, check_parts
from cairn.objects.excusing import Excusing
from cairn.objects.upkeep.sweep import SAFE, Ages
from cairn.served import Served, serve
from cairn.work import Wish, Workbench


class Registry:
    """Models, versions, gates and labels behind one engine; objects beside it."""

    def __init__(
        self,
        engine: Engine,
        objects: ObjectStore,
        *,
        settings: Settings,
        workbench: Workbench["Registry"],
    ) -> None:
        self.engine = engine
        self.objects = objects
        self.settings = settings
        self._workbench = workbench

    def __repr__(self) -> str:
        """Say which project it is of."""
        return f"<cairn.Registry of {self.settings.folder}>"

    # snapshots

    def snapshot(
        self,
        data: object,
        *,
        name: str | None = None,
        mode: Keeping = "copy",
        order_by: str | Sequence[str] | None = None,
        parameters: Mapping[str, Scalar] | None = None,
        sampling: Sampling | None = None,
    ) -> SnapshotInfo:
        """Freeze data; the same again gives the same digest.

        `data` is a path, a frame (of pandas, Polars, Arrow, DuckDB) or an address:
        `postgresql://host/shop?query=SELECT ...`, `delta://...`, `dvc:...`. `order_by` names
        the columns that tell the rows of a query apart; "*" sorts by all columns.
        """
        columns = (order_by,) if isinstance(order_by, str) else order_by
        order = () if order_by == "*" else None if columns is None else tuple(columns)
        wish = Wish(name, mode, order, parameters or {}, sampling)
        return self._workbench.snapshot(self, data, wish)

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

    def runs(self, model: str | None = None) -> tuple[Run, ...]:
        """Read runs, newest first."""
        return self.engine.send(ListRuns(model=self._model(model) if model else None))

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

    def diff(self, before: str, after: str) -> VersionDiff:
        """List what differs between two versions, in whatever they are made of."""
        return self._workbench.diff(self, self.version(before), self.version(after))

    def compare(self, candidate: str, live: str, *, on: str | None = None) -> Comparison:
        """Compare predictions row by row, on a snapshot or on what `cairn.toml` names."""
        ours, theirs = self.version(candidate), self.version(live)
        return self._workbench.compare(self, ours, theirs, on=on)

    def release(
        self,
        version: str,
        *,
        release: str | None = None,
        part: str = "minor",
        allow_dirty: bool = False,
    ) -> Version:
        """Give a version its semantic release number: this one, or the next of its `part`.

        Raises `Refused` for code with uncommitted changes unless `allow_dirty` is set.
        """
        if release is not None:
            parse_release(release)
        found = self.version(version)
        return self.engine.send(
            ReleaseVersion(
                model=found.model,
                version=found.digest,
                release=release,
                part=part,  # pyright: ignore[reportArgumentType] (checked by the engine)
                allow_dirty=allow_dirty,
            )
        )

    def mark_bad(self, version: str, *, reason: str) -> Version:
        """Never roll back to this version again until it passes a gate afresh."""
        found = self.version(version)
        asked = MarkBad(model=found.model, version=found.digest, reason=reason)
        return self.engine.send(asked)

    def delete(self, version: str, *, reason: str) -> Version:
        """Put a tombstone on a version that nothing holds."""
        found = self.version(version)
        asked = DeleteVersion(model=found.model, version=found.digest, reason=reason)
        return self.engine.send(asked)

    def evaluate(self, version: str, *, on: str) -> EvaluationInfo:
        """Score any version on any snapshot, as `cairn.toml` says; stores the predictions."""
        return self._workbench.evaluate(self, self.version(version), on=on)

    # gates

    def set_policy(
        self,
        label: str,
        policy: Policy | str | PathLike[str],
        *,
        reason: str = "",
        new_label: bool = False,
    ) -> PolicyInfo:
        """Bind a policy, or the one in a file (`gates/churn.yaml`), to `churn@production`."""
        model, name = self._label(label)
        if not isinstance(policy, Policy):
            policy = self._workbench.read_policy(self, Path(fspath(policy)), model)
        digest = self.objects.put_record(policy)
        return self.engine.send(
            SetPolicy(
                model=model, label=name, policy=digest, reason=reason, new_label=new_label
            )
        )

    def policy(self, label: str) -> PolicyInfo:
        """Read the policy bound to `churn@production`."""
        model, name = self._label(label)
        return self.engine.send(GetPolicy(model=model, label=name))

    def policies(self, label: str) -> tuple[PolicyInfo, ...]:
        """Read every policy that `churn@production` had, newest first."""
        model, name = self._label(label)
        return self.engine.send(ListPolicies(model=model, label=name))

    def check_gate(self, version: str, to: str | None = None) -> DecisionInfo:
        """Measure what is missing and judge, without moving the label."""
        version, label = reference.version_and_label(version, to)
        found = self.version(version)
        self._workbench.measure(self, found, label=label)
        asked = JudgeGate(model=found.model, label=label, version=found.digest)
        return self.engine.send(asked)

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

    def promote(
        self,
        version: str,
        to: str | None = None,
        *,
        reason: str = "",
        expecting: str | None = None,
        decision: str | None = None,
        waiver: str = "",
        ungated: bool = False,
        new_label: bool = False,
    ) -> Move:
        """Measure what is missing, judge the policy of `to` (production), and move it.

        `expecting` is the version believed to be live (`none` for nobody); without it, the
        one that is live now. `ungated` says that a label like `production` has no policy yet.
        Raises `Refused` with the report, `Conflict` when somebody moved the label meanwhile.
        """
        named, label = reference.version_and_label(version, to)
        found = self.version(named)
        held = self._expecting(found.model, label, expecting)
        if decision is None:
            self._workbench.measure(self, found, label=label)
        return self.engine.send(
            MoveLabel(
                model=found.model,
                label=label,
                version=found.digest,
                expecting=held,
                reason=reason,
                decision=self.decision(decision).digest if decision else None,
                waiver=waiver,
                ungated=ungated,
                new_label=new_label,
                required=self.settings.model(found.model).fields,
                change_id=uuid4().hex,
            )
        )

    def override(
        self, version: str, to: str | None = None, *, reason: str, waiver: str = ""
    ) -> Move:
        """Move a label against its gate: an emergency, signed, to be reviewed by others."""
        named, label = reference.version_and_label(version, to)
        found = self.version(named)
        return against_the_gate(self.engine, found, label, reason=reason, waiver=waiver)

    def rollback(self, label: str, *, reason: str = "", to: str | None = None) -> Move:
        """Point `churn@production` at its last known-good version, or at one that it held."""
        model, name = self._label(label)
        chosen = self.version(to).digest if to else None
        return self.engine.send(Rollback(model=model, label=name, reason=reason, to=chosen))

    def live(self, label: str, *, at: str | None = None) -> Move | None:
        """Read the move that put `churn@production` where it is, or was at `at`."""
        model, name = self._label(label)
        return self.engine.send(GetLabel(model=model, label=name, at=at))

    def labels(self, model: str) -> tuple[Move, ...]:
        """Read the last move of every label of a model."""
        return self.engine.send(ListLabels(model=self._model(model)))

    def history(self, label: str) -> tuple[Move, ...]:
        """Read every move of `churn@production`, oldest first."""
        model, name = self._label(label)
        return self.engine.send(LabelHistory(model=model, label=name))

    def drills(self, label: str) -> tuple[DrillInfo, ...]:
        """Read the rollback drills of `churn@production`, newest first."""
        model, name = self._label(label)
        return self.engine.send(ListDrills(model=model, label=name))

    # models

    def load(self, version: str, *, trust: bool = False, files: bool = False) -> Served:
        """Load a version's model, every byte verified first.

        The label is resolved to a digest once, and that is what gets loaded. `trust` loads
        what can run code, `files` gives a folder of what Cairn does not load (`served.py`).
        """
        return serve(self.objects, self.version(version), trust=trust, files=files)

    def verify_version(
        self, version: str, *, without: Collection[Digest] = ()
    ) -> tuple[int, int]:
        """Re-hash what a version is made of, `without` some; returns objects and bytes.

        Raises `Corrupt` or `NotFound` naming the first file or record that is not as recorded.
        """
        found = self.version(version)
        manifest = Need(f"the manifest of {found.name}", found.digest, Manifest)
        return check_parts(Excusing(self.objects, frozenset(without)), manifest)

    # elsewhere

    def export(self, version: str, to: str | PathLike[str]) -> Exported:
        """Write a version's files, verified, with checksums, below a folder or bucket."""
        return self._workbench.export(self, self.version(version), fspath(to))

    def push(self, remote: str | None = None, *references: str) -> Transferred:
        """Copy snapshots and versions, all or those named, to a remote (`origin`)."""
        return self._workbench.push(self, remote, references)

    def pull(self, remote: str | None = None, *references: str) -> Transferred:
        """Copy snapshots and versions from a remote, every byte verified; no label moves."""
        return self._workbench.pull(self, remote, references)

    # whole store

    def sweep(self, *, carry_out: bool, ages: Ages = SAFE, reason: str = "") -> Sweep:
        """Decide which packs of bytes nothing needs; bury and remove them if told to.

        Raises `Corrupt` while anything that is needed cannot be read.
        """
        reclaimer = self.objects.reclaimer()
        found = reclaimer.survey(lambda: self.engine.send(ListKept()), now=time(), ages=ages)
        sweep = found.told()
        if carry_out and sweep.changes:
            digest = self.objects.put_record(sweep)
            self.engine.send(RecordSweep(sweep=digest, reason=reason))
        if carry_out:
            reclaimer.carry_out(found.fates, now=time())
        return sweep

    def verify(self, *, objects: bool = False, against: str = "") -> Verification:
        """Check the ledger and every view of it; with `objects` every stored byte."""
        return self.engine.send(VerifyStore(objects=objects, against=against))

    def _expecting(self, model: ModelName, label: str, expecting: str | None) -> Expecting:
        if expecting == "none":
            return Nobody()
        if expecting is not None:
            return Holder(version=self.version(expecting).digest)
        held = self.engine.send(GetLabel(model=model, label=label))
        return Holder(version=held.after) if held else Nobody()

    def _model(self, text: str) -> ModelName:
        return reference.model_name(text, team=self.settings.team)

    def _label(self, text: str) -> tuple[ModelName, LabelName]:
        return reference.model_and_label(text, team=self.settings.team)

    def _reference(self, text: str) -> str:
        return str(reference.parse(text, team=self.settings.team))
