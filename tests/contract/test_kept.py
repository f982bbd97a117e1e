"""What must stay, and for whose sake: all that the ledger leads to, less what was deleted."""

from pathlib import Path

import pytest

from cairn.core.digest import Digest, digest_bytes
from cairn.core.sweep import ListKept, WhyKept
from cairn.core.version import DeleteVersion
from cairn.objects.folders.tree import tree_objects
from cairn.registry import Registry
from projects.store import MODEL, add_snapshot, open_registry, register


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    return open_registry(tmp_path / "project")


class Keeps:
    """What the engine says must stay."""

    def __init__(self, registry: Registry) -> None:
        self._engine = registry.engine
        joined = self._engine.send(ListKept())
        self._digests = {joined[at : at + 32].hex() for at in range(0, len(joined), 32)}

    def __contains__(self, digest: Digest) -> bool:
        """Tell whether an object must stay."""
        return digest.removeprefix("sha256:") in self._digests

    def why(self, digest: Digest) -> str | None:
        """Say for whose sake."""
        return self._engine.send(WhyKept(digest=digest))


def delete(registry: Registry, number: int) -> None:
    digest = registry.version(f"churn:{number}").digest
    registry.engine.send(DeleteVersion(model=MODEL, version=digest, reason="unused"))


def test_everything_that_a_version_is_made_of_stays_for_its_sake(registry: Registry) -> None:
    version = register(registry, "first")
    assert version.manifest.artifacts is not None

    keeps = Keeps(registry)

    weights = set(tree_objects(registry.objects, version.manifest.artifacts.tree))
    assert version.digest in keeps
    assert all(digest in keeps for digest in weights)
    assert keeps.why(version.manifest.artifacts.tree) == "default/churn:1"


def test_what_was_stored_and_never_recorded_is_needed_by_nothing(registry: Registry) -> None:
    register(registry, "first")
    stray = registry.objects.put(b"stray")

    assert stray not in Keeps(registry)
    assert Keeps(registry).why(stray) is None


def test_a_snapshot_stays_with_all_its_files(registry: Registry) -> None:
    folder = registry.settings.folder / "data"
    folder.mkdir()
    (folder / "x.csv").write_bytes(b"a,b\n1,2\n")
    add_snapshot(registry, folder, name="x")

    assert digest_bytes(b"a,b\n1,2\n") in Keeps(registry)


def test_the_weights_of_a_deleted_version_may_go_and_its_manifest_stays(
    registry: Registry,
) -> None:
    version = register(registry, "first")
    assert version.manifest.artifacts is not None
    tree = version.manifest.artifacts.tree
    files = set(tree_objects(registry.objects, tree)) - {tree}
    delete(registry, 1)

    keeps = Keeps(registry)

    assert version.digest in keeps
    assert tree in keeps
    assert any(digest not in keeps for digest in files)


def test_weights_that_another_version_has_as_well_stay(registry: Registry) -> None:
    first = register(registry, "first")
    second = register(registry, "first", auc=0.7)
    assert first.manifest.artifacts == second.manifest.artifacts is not None
    delete(registry, 1)

    keeps = Keeps(registry)

    assert second.manifest.artifacts is not None
    assert all(
        digest in keeps
        for digest in tree_objects(registry.objects, second.manifest.artifacts.tree)
    )


def test_a_file_that_looks_like_a_tree_or_a_record_is_only_a_file(registry: Registry) -> None:
    folder = registry.settings.folder / "data"
    folder.mkdir()
    (folder / "a").write_bytes(b"cairn tree/1\nnot a row\n")
    (folder / "b").write_bytes(b'{"cairn":"manifest/1", broken')
    add_snapshot(registry, folder, name="odd")

    keeps = Keeps(registry)

    assert digest_bytes(b"cairn tree/1\nnot a row\n") in keeps
