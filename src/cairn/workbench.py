"""Open a project's registry, with the work above the registry handed in."""

from pathlib import Path

from cairn.config import load_settings
from cairn.core.evaluation import EvaluationInfo
from cairn.core.gate import ListPolicies
from cairn.core.gated import ALWAYS
from cairn.core.name import LabelName
from cairn.core.snapshot import SnapshotInfo
from cairn.core.version import Version
from cairn.engine import person
from cairn.engine.local import LocalEngine
from cairn.engine.store import Store
from cairn.registry import Registry, Wish


class Bench:
    """Reads data and measures models; imports what is heavy when it is used."""

    def snapshot(self, registry: Registry, data: object, wish: Wish) -> SnapshotInfo:
        """Store the data and record the snapshot."""
        from cairn.data.source import snapshot

        return snapshot(registry, data, wish)

    def evaluate(self, registry: Registry, version: Version, *, on: str) -> EvaluationInfo:
        """Score a version on a snapshot and record the predictions."""
        from cairn.gates.evaluation import evaluate

        return evaluate(registry, version, on=on)

    def measure(self, registry: Registry, version: Version, *, label: LabelName) -> None:
        """Measure whatever the policy of `label` needs and is not stored yet."""
        artifacts, gated = version.manifest.artifacts, (ALWAYS, *registry.settings.gated)
        if artifacts is not None and version.verdict is None and label in gated:
            from cairn.data.verdict import verdict_on

            verdict_on(registry, artifacts.tree)
        if not registry.engine.send(ListPolicies(model=version.model, label=label)):
            return  # and a move without a gate need not wait for NumPy
        from cairn.gates.measure import measure

        measure(registry, version, label=label)


def open_project(start: str | Path | None = None) -> Registry:
    """Open the registry of the project in or above `start`."""
    settings = load_settings(Path(start) if start is not None else Path.cwd())
    store = Store(settings.store, objects=settings.objects)
    engine = LocalEngine(
        store,
        actor=person.os_user(),
        team=settings.team,
        key=person.public,
        sign=person.signature,
        gated=settings.gated,
        trusted=settings.trust,
    )
    return Registry(engine, store.objects, settings=settings, workbench=Bench())
