"""Open a project's registry, with the work above the registry handed in."""

from collections.abc import Sequence
from pathlib import Path

from cairn import identity
from cairn.config import load_settings
from cairn.core.comparison import Comparison
from cairn.core.difference import VersionDiff
from cairn.core.evaluation import EvaluationInfo
from cairn.core.export import Exported
from cairn.core.gate import ListPolicies, Policy
from cairn.core.gated import ALWAYS
from cairn.core.name import LabelName, ModelName
from cairn.core.snapshot import SnapshotInfo
from cairn.core.transfer import Transferred
from cairn.core.version import Version
from cairn.engine.local import LocalEngine
from cairn.engine.store import Store
from cairn.registry import Registry
from cairn.work import Wish


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

    def read_policy(self, registry: Registry, path: Path, model: ModelName) -> Policy:
        """Read a policy file, and pin what it names; a path is from the working folder."""
        from cairn.gates.policy import load_policy

        return load_policy(path, registry, model)

    def compare(
        self, registry: Registry, candidate: Version, live: Version, *, on: str | None
    ) -> Comparison:
        """Compare what two versions predict, row by row."""
        from cairn.gates.compare import compare

        return compare(registry, candidate, live, on=on)

    def diff(self, registry: Registry, before: Version, after: Version) -> VersionDiff:
        """List what differs between two versions."""
        from cairn.data.version_diff import diff_versions

        return diff_versions(registry, before, after)

    def export(self, registry: Registry, version: Version, to: str) -> Exported:
        """Write a version to a folder or bucket."""
        from cairn.data.export import export_to

        return export_to(registry, version, to)

    def push(
        self, registry: Registry, remote: str | None, references: Sequence[str]
    ) -> Transferred:
        """Copy snapshots and versions to a remote."""
        from cairn.data.remotes.transfer import push

        return push(registry, remote, references)

    def pull(
        self, registry: Registry, remote: str | None, references: Sequence[str]
    ) -> Transferred:
        """Copy snapshots and versions from a remote."""
        from cairn.data.remotes.transfer import pull

        return pull(registry, remote, references)


def open_project(start: str | Path | None = None) -> Registry:
    """Open the registry of the project in or above `start`."""
    settings = load_settings(Path(start) if start is not None else Path.cwd())
    store = Store(settings.store, objects=settings.objects)
    engine = LocalEngine(
        store,
        actor=identity.os_user(),
        team=settings.team,
        key=identity.public,
        sign=identity.signature,
        gated=settings.gated,
        trusted=settings.trust,
    )
    return Registry(engine, store.objects, settings=settings, workbench=Bench())
