"""Git tags of releases: annotated, signed if asked, and honest about uncommitted changes."""

import subprocess
from pathlib import Path

import pytest

from cairn.capture.project.tag import tag_release
from cairn.core.errors import Refused
from cairn.core.run import Code
from cairn.core.version import RegisterVersion, Version
from cairn.registry import Registry
from projects.repositories import commit, git, repository
from projects.store import MODEL, manifest, open_registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A store in a repository with one commit, where git knows who tags."""
    folder = repository(tmp_path / "project")
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.org")
    return open_registry(folder)


def made(registry: Registry, *, dirty: bool = False) -> Version:
    code = Code(
        commit=commit(registry.settings.folder),
        patch=registry.objects.put(b"--- a\n+++ b\n") if dirty else None,
    )
    digest = manifest(registry, code=code)
    return registry.engine.send(RegisterVersion(model=MODEL, manifest=digest))


def message(registry: Registry, name: str) -> str:
    return git(registry.settings.folder, "tag", "--list", "--format=%(contents)", name)


def test_a_tag_names_the_version_and_its_digest(registry: Registry) -> None:
    version = made(registry)
    released = registry.release(version.name)

    tag = tag_release(registry, released)

    assert tag.is_written
    assert message(registry, "churn-v0.1.0") == f"churn:1 {version.digest}"


def test_a_version_with_uncommitted_changes_is_released_on_purpose_only(
    registry: Registry,
) -> None:
    version = made(registry, dirty=True)

    with pytest.raises(Refused, match="made with uncommitted changes") as refusal:
        registry.release(version.name)
    released = registry.release(version.name, allow_dirty=True)
    tag_release(registry, released)

    assert "--allow-dirty" in refusal.value.fix
    assert released.release == "0.1.0"
    assert version.manifest.code
    assert f"uncommitted changes, kept as {version.manifest.code.patch}" in message(
        registry, "churn-v0.1.0"
    )


def test_a_signed_tag_is_verified_by_git(registry: Registry, tmp_path: Path) -> None:
    key, folder = tmp_path / "key", registry.settings.folder
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}")
    git(folder, "config", "gpg.format", "ssh")
    git(folder, "config", "user.signingkey", str(key))
    git(folder, "config", "gpg.ssh.allowedSignersFile", str(signers))
    released = registry.release(made(registry).name)

    tag = tag_release(registry, released, sign=True)

    assert tag.told.startswith("signed git tag churn-v0.1.0 at ")
    git(folder, "tag", "--verify", "churn-v0.1.0")


def test_a_tag_that_cannot_be_signed_is_not_written(registry: Registry) -> None:
    git(registry.settings.folder, "config", "gpg.format", "ssh")
    git(registry.settings.folder, "config", "user.signingkey", "/nowhere/key")
    released = registry.release(made(registry).name)

    tag = tag_release(registry, released, sign=True)

    assert not tag.is_written
    assert tag.told.startswith("no signed git tag: ")
    assert git(registry.settings.folder, "tag", "--list") == ""
