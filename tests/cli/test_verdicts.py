"""`cairn verify --all` says of which versions today's rules find something else."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cairn.core.digest import digest_bytes
from cairn.core.verdict import RecordVerdict, Safety
from cairn.core.version import Artifacts, Manifest, Origin, RegisterVersion
from cairn.data.erasure import erase
from cairn.data.verdict import verdict_on
from cairn.objects.folders.tree import store_tree
from cairn.registry import Registry
from projects.desk import Desk
from projects.workshop import MODEL

EVIL = b"cposix\nsystem\n(S'touch canary'\ntR."
HARMLESS = b'{"weights": [1, 2]}'
HEAD = "of the verdicts on files, these are not what is recorded:"


@pytest.fixture
def registry(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The desk's store, with the desk's keys."""
    for name, value in desk.environment().items():
        monkeypatch.setenv(name, value)
    return Registry.open(desk.folder)


def claimed(
    registry: Registry, content: bytes, safety: Safety, *, origin: Origin | None = None
) -> Artifacts:
    """Register a file with a manifest that says how safe it is."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "model.json").write_bytes(content)
        tree = store_tree(registry.objects, Path(folder)).digest
    artifacts = Artifacts(tree=tree, flavor="files", safety=safety)
    manifest = registry.objects.put_record(Manifest(artifacts=artifacts))
    registry.engine.send(
        RegisterVersion(model=MODEL, manifest=manifest, retroactive=True, origin=origin)
    )
    return artifacts


def recorded_before(registry: Registry, artifacts: Artifacts, safety: Safety) -> None:
    """Record what an older Cairn found in this store."""
    registry.engine.send(
        RecordVerdict(
            tree=artifacts.tree,
            safety=safety,
            reasons=(),
            judge="cairn 0.1.0",
            allow_list=digest_bytes(b"the rules of then"),
        )
    )


def test_a_manifest_that_says_safe_of_a_program_is_named_and_nothing_fails(
    desk: Desk, registry: Registry
) -> None:
    claimed(registry, EVIL, "safe")
    before = desk.json("ledger", "log")

    text = desk("verify", "--all")

    assert "no problem found" in text
    assert f"{HEAD}\n  churn:3: safe when it was judged, unsafe by today's rules: " in text
    assert "posix.system" in text
    assert "churn:1" not in text
    (told,) = desk.json("verify", "--all")["rejudged"]
    assert (told["version"], told["recorded"], told["today"]) == ("churn:3", "safe", "unsafe")
    assert "posix.system" in told["reasons"][0]
    assert desk.json("ledger", "log") == before


def test_what_another_store_says_is_called_a_claim(desk: Desk, registry: Registry) -> None:
    claimed(registry, EVIL, "safe", origin=Origin(log="somebody+0+x", number=1, seq=1))

    assert "churn:3: safe as its maker says, unsafe by today's rules: " in desk(
        "verify", "--all"
    )


def test_the_verdict_of_this_store_stands_over_the_manifest(
    desk: Desk, registry: Registry
) -> None:
    artifacts = claimed(registry, HARMLESS, "safe")
    recorded_before(registry, artifacts, "unknown")

    line = "  churn:3: unknown when it was judged, safe by today's rules\n"
    assert line in desk("verify", "--all") + "\n"


def test_what_was_judged_again_since_is_told_no_more(desk: Desk, registry: Registry) -> None:
    artifacts = claimed(registry, EVIL, "safe")
    recorded_before(registry, artifacts, "safe")
    assert HEAD in desk("verify", "--all")

    verdict_on(registry, artifacts.tree)

    assert HEAD not in desk("verify", "--all")
    assert "rejudged" not in desk.json("verify", "--all")


def test_only_a_look_at_all_bytes_judges_them(desk: Desk, registry: Registry) -> None:
    claimed(registry, EVIL, "safe")

    assert HEAD not in desk("verify")


def test_files_that_are_gone_are_said_not_to_be_judged(desk: Desk, registry: Registry) -> None:
    claimed(registry, EVIL, "safe")
    erase(registry, [digest_bytes(EVIL)], cause="secret", reason="a password was in it")

    text = desk("verify", "--all")

    assert "no problem found" in text
    assert "churn:3: safe when it was judged, not judged again: " in text
    assert "today" not in desk.json("verify", "--all")["rejudged"][0]
