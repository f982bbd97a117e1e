"""Builders for tests that need a store: short words for long records."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cairn.config import Settings
from cairn.core.check import Check
from cairn.core.digest import Digest
from cairn.core.evaluation import (
    Evaluation,
    EvaluationInfo,
    Latency,
    RecordEvaluation,
    RecordLatency,
    Scorer,
)
from cairn.core.gate import Policy, PolicyInfo, Unmeasured
from cairn.core.ledger import Actor, GetCheckpoint, ReadLedger
from cairn.core.name import LabelName
from cairn.core.run import Code, Environment, Input
from cairn.core.snapshot import AddSnapshot, Files, Snapshot, SnapshotInfo
from cairn.core.version import Artifacts, Manifest, RegisterVersion, Version
from cairn.engine.local import LocalEngine
from cairn.engine.store import Store, create
from cairn.engine.who import Who
from cairn.gates.lacking import lacking
from cairn.objects.folders.tree import store_tree
from cairn.registry import Registry
from cairn.stats.predictions import Predictions, encode
from scores.scored import decided

MODEL = "default/churn"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Measured(Registry):
    """A registry where whatever should be measured has been, or is missing."""

    def _measure(self, version: Version, *, label: LabelName) -> Unmeasured:
        """Measure nothing."""
        return lacking(self, version, label=label)


class Clock:
    """A clock that moves a minute whenever it is read."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the next minute."""
        self.now += timedelta(minutes=1)
        return self.now


def open_registry(
    folder: Path,
    *,
    actor: str = "ada",
    clock: Callable[[], datetime] | None = None,
    records: str = "",
) -> Registry:
    """Open the store in a folder, made if it is not there; `records` is a PostgreSQL."""
    place = folder / ".cairn"
    there = (place / "store.json").exists()
    store = Store(place, database=records) if there else create(place, database=records)
    engine = LocalEngine(store, Who(Actor(id=actor, assurance="os-user")), clock=clock)
    settings = Settings(folder=folder, store=place)
    return Measured(engine, store.objects, settings=settings)


def add_snapshot(registry: Registry, path: Path, *, name: str | None = None) -> SnapshotInfo:
    """Store a file or folder and record its snapshot."""
    tree = store_tree(registry.objects, path)
    snapshot = registry.objects.put_record(Snapshot(source=Files(tree=tree.digest)))
    return registry.engine.send(AddSnapshot(snapshot=snapshot, origin=path.name, name=name))


def data(
    registry: Registry, text: str = "id,x,y\n1,2,0\n", *, name: str | None = "train"
) -> SnapshotInfo:
    """Freeze a small table."""
    folder = registry.settings.folder / "data"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text(text)
    return add_snapshot(registry, folder / f"{name}.csv", name=name)


def manifest(
    registry: Registry, weights: str = "w", *, auc: float = 0.8, **parts: object
) -> Digest:
    """Store a complete manifest whose weights are a file with this text."""
    path = registry.settings.folder / "model.json"
    path.write_text(weights)
    tree = store_tree(registry.objects, path).digest
    trained_on = data(registry)
    lock = registry.objects.put(b"scikit-learn==1.9.1\n")
    values: dict[str, object] = {
        "artifacts": Artifacts(tree=tree, flavor="files", safety="safe"),
        "inputs": (Input(role="train", snapshot=trained_on.digest, path="data/train.csv"),),
        "code": Code(commit="c0ffee" * 6 + "c0ff", entry_point="train.py"),
        "environment": Environment(
            python="3.11.7",
            implementation="CPython",
            operating_system="debian 12",
            machine="x86_64",
            lock=lock,
        ),
        "parameters": {"depth": 4},
        "metrics": {"roc_auc": auc},
        "evaluations": (evaluation(registry, tree, trained_on.digest),),
        **parts,
    }
    return registry.objects.put_record(Manifest(**values))  # pyright: ignore[reportArgumentType] (fields by name)


def evaluation(
    registry: Registry,
    artifacts: Digest,
    snapshot: Digest,
    *,
    predictions: Predictions | None = None,
) -> Digest:
    """Store an evaluation, of four rows unless predictions are given."""
    rows = predictions or decided(4)
    scorer = registry.objects.put_record(Scorer(score="predict_proba", label="y"))
    return registry.objects.put_record(
        Evaluation(
            artifacts=artifacts,
            snapshot=snapshot,
            scorer=scorer,
            predictions=registry.objects.put(encode(rows)),
            rows=len(rows.ids),
        )
    )


def register(
    registry: Registry, weights: str = "w", *, model: str = MODEL, auc: float = 0.8
) -> Version:
    """Register a complete version whose weights are this text."""
    digest = manifest(registry, weights, auc=auc)
    return registry.engine.send(RegisterVersion(model=model, manifest=digest))


def evaluate(
    registry: Registry, version: Version, predictions: Predictions, *, on: SnapshotInfo
) -> EvaluationInfo:
    """Record what a version predicted for a snapshot's rows."""
    digest = evaluation(registry, weights_of(version), on.digest, predictions=predictions)
    return registry.engine.send(RecordEvaluation(evaluation=digest))


def time_calls(registry: Registry, version: Version, *, milliseconds: float) -> None:
    """Record 8,000 calls that took about this long."""
    latency = Latency(
        artifacts=weights_of(version),
        snapshot=data(registry).digest,
        samples_ms=tuple(milliseconds + row % 7 / 1e6 for row in range(8000)),
        warm_up=10,
        batch_rows=1,
        machine="test",
        rows=4000,
    )
    registry.engine.send(RecordLatency(latency=registry.objects.put_record(latency)))


def gate(
    registry: Registry, *checks: Check, on: SnapshotInfo, bootstrap: str = "floors_only"
) -> PolicyInfo:
    """Bind a policy to the production label."""
    policy = Policy(evaluation=on.digest, checks=checks, bootstrap=bootstrap)  # pyright: ignore[reportArgumentType] (fields by name)
    return registry.set_policy("churn@production", policy)


def weights_of(version: Version) -> Digest:
    """Return the digest of a version's artifact tree."""
    assert version.manifest.artifacts is not None
    return version.manifest.artifacts.tree


def answers(registry: Registry) -> list[str]:
    """Ask a registry everything that it can be asked."""
    return [
        repr(registry.versions()),
        repr(registry.history("churn@production")),
        repr(registry.history("churn@archived")),
        repr(registry.snapshots()),
        repr(registry.decisions("churn@production")),
        repr(registry.policies("churn@production")),
        repr(registry.version("churn@production")),
        repr(registry.engine.send(ReadLedger())),
        repr(registry.engine.send(GetCheckpoint())),
    ]
