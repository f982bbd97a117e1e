"""A project with a store, tables and models: where gates measure real things."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cairn import flavors
from cairn.core.digest import Digest
from cairn.core.run import Code, Environment, Input
from cairn.core.snapshot import AddSnapshot, Files, Snapshot, SnapshotInfo
from cairn.core.version import Artifacts, Manifest, RegisterVersion, Version
from cairn.data.tables.table import parse_table
from cairn.engine import store
from cairn.objects.folders.tree import store_tree
from cairn.registry import Registry


class Shady:
    """A model that Cairn has no safe format for."""


SETTINGS = """
[model.churn.evaluation]
data = "snap:test"
id = "customer"
label = "churned"
groups = ["region"]
task = "binary"
"""
MODEL = "default/churn"
SOUTH = 0.2


def open_workshop(folder: Path, settings: str = SETTINGS) -> Registry:
    """Make a project with an empty store."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cairn.toml").write_text(settings)
    store.create(folder / ".cairn")
    return Registry.open(folder)


def add_table(registry: Registry, content: str, *, name: str = "test") -> SnapshotInfo:
    """Freeze a CSV file under a name."""
    path = registry.settings.folder / f"{name}.csv"
    path.write_text(content)
    tree = store_tree(registry.objects, path).digest
    snapshot = registry.objects.put_record(Snapshot(source=Files(tree=tree)))
    return registry.engine.send(AddSnapshot(snapshot=snapshot, origin=path.name, name=name))


def register(
    registry: Registry, model: object, *, evaluations: tuple[Digest, ...] = (), note: str = ""
) -> Version:
    """Register a model; it is complete if `evaluations` are given."""
    return register_artifacts(
        registry, save(registry, model), evaluations=evaluations, note=note
    )


def register_file(registry: Registry, name: str, content: bytes) -> Version:
    """Register a file that another library wrote."""
    with TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        inspection = flavors.inspect(Path(folder))
        tree = store_tree(registry.objects, Path(folder)).digest
    artifacts = Artifacts(tree=tree, flavor="pickle", safety=inspection.safety)
    return register_artifacts(registry, artifacts)


def register_artifacts(
    registry: Registry,
    artifacts: Artifacts,
    *,
    evaluations: tuple[Digest, ...] = (),
    note: str = "",
) -> Version:
    """Register weights that are stored already."""
    train = add_table(registry, "x\n1\n", name="train")
    manifest = Manifest(
        artifacts=artifacts,
        inputs=(Input(role="train", snapshot=train.digest),),
        code=Code(commit="c" * 40),
        environment=Environment(
            python="3.11.9",
            implementation="CPython",
            operating_system="Linux",
            machine="x86_64",
            lock=registry.objects.put(b"scikit-learn==1.7\n"),
        ),
        parameters={"note": note},
        metrics={"roc_auc": 0.7},
        evaluations=evaluations,
    )
    digest = registry.objects.put_record(manifest)
    return registry.engine.send(
        RegisterVersion(model=MODEL, manifest=digest, retroactive=not evaluations)
    )


def save(registry: Registry, model: object) -> Artifacts:
    """Store a model's weights in the safest format there is."""
    with TemporaryDirectory() as folder:
        written = flavors.save(model, Path(folder) / "model")
        tree = store_tree(registry.objects, Path(folder) / "model").digest
    return Artifacts(
        tree=tree,
        flavor=written.flavor,
        safety=written.inspection.safety,
        formats=written.inspection.formats,
    )


def churn(*, rows: int, seed: int = 0) -> str:
    """A CSV file of customers: the old and the thrifty leave, in the south the old alone."""
    world = np.random.default_rng(seed)
    age, spend = world.normal(size=rows), world.normal(size=rows)
    south = world.random(rows) < SOUTH
    drive = np.where(south, 2.0 * age, age - 1.5 * spend)
    churned = (drive + world.normal(size=rows) > 0).astype(int)
    lines = [
        f"c{row:05d},{churned[row]},{'south' if south[row] else 'north'},"
        f"{age[row]:.6f},{spend[row]:.6f}"
        for row in range(rows)
    ]
    return "\n".join(["customer,churned,region,age,spend", *lines]) + "\n"


def fitted(model: Any, columns: list[str], *, seed: int = 1, rows: int = 3000) -> Any:
    """Train a model on other customers, on these columns alone."""
    table = parse_table(churn(rows=rows, seed=seed).encode(), name="train.csv").to_frame()
    return model.fit(table[columns], table["churned"])
