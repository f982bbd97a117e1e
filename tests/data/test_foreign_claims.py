"""What another store says of a model's safety is a claim: this one judges the bytes itself."""

from pathlib import Path

import pytest

from cairn.core.errors import Refused
from cairn.core.ledger import ReadLedger
from cairn.core.verdict import GetVerdict
from cairn.core.version import Artifacts, Manifest, Origin, RegisterVersion, Version
from cairn.data.remotes.transfer import pull, push
from cairn.gates.policy import load_policy
from cairn.objects.folders.tree import store_tree
from cairn.registry import Registry
from projects.workshop import MODEL, add_table, churn, open_workshop

POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: refuse
checks: [{id: scan, type: safety_scan}]
"""


EVIL = b"cposix\nsystem\n(S'touch canary'\ntR."


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))


@pytest.fixture
def here(tmp_path: Path) -> Registry:
    """A store whose production asks for a clean scan and for nothing else."""
    registry = open_workshop(tmp_path / "here")
    add_table(registry, churn(rows=40))
    (registry.settings.folder / "scan.yaml").write_text(POLICY)
    policy = load_policy(registry.settings.folder / "scan.yaml", registry, MODEL)
    registry.set_policy("churn@production", policy)
    return registry


def lie(registry: Registry, *, origin: Origin | None = None) -> Version:
    """Register a pickle that calls `os.system`, with a manifest that says it is safe."""
    weights = registry.settings.folder / "weights"
    weights.mkdir()
    (weights / "model.pkl").write_bytes(EVIL)
    tree = store_tree(registry.objects, weights).digest
    manifest = registry.objects.put_record(
        Manifest(artifacts=Artifacts(tree=tree, flavor="sklearn", safety="safe"))
    )
    return registry.engine.send(
        RegisterVersion(model=MODEL, manifest=manifest, retroactive=True, origin=origin)
    )


def test_what_is_pulled_is_judged_here(here: Registry, tmp_path: Path) -> None:
    there = open_workshop(tmp_path / "there")
    lie(there)
    push(there, str(tmp_path / "remote"))

    done = pull(here, str(tmp_path / "remote"))

    (item,) = (item for item in done.items if item.name == "churn:1")
    version = here.version("churn:1")
    assert item.note == "unsafe, though its maker says safe"
    assert version.safety == "unsafe"
    assert "posix.system" in str(version.verdict)
    with pytest.raises(Refused, match=r"the scan of churn:1 says unsafe: .*posix\.system"):
        here.promote("churn:1")
    with pytest.raises(Refused, match="not loaded, trusted or not"):
        here.load("churn:1", trust=True)


def test_a_version_that_nobody_judged_here_is_not_known_to_be_safe(here: Registry) -> None:
    version = lie(here, origin=Origin(log="somebody+0+x", number=1, seq=1))

    assert version.safety is None
    decision = here.check_gate("churn:1").decision

    assert "says unsafe" in decision.findings[0].reason
    assert here.version("churn:1").safety == "unsafe"


def test_a_gate_judges_the_bytes_of_a_version_from_here_as_well(here: Registry) -> None:
    assert lie(here).safety == "safe", "what its maker says, and the maker is this store"

    with pytest.raises(Refused, match="the scan of churn:1 says unsafe"):
        here.promote("churn:1")


def test_the_same_verdict_is_recorded_once(here: Registry) -> None:
    version = lie(here)

    here.check_gate("churn:1")
    here.check_gate("churn:1")

    assert len(here.engine.send(ReadLedger(action="verdict.record"))) == 1
    assert version.manifest.artifacts is not None
    found = here.engine.send(GetVerdict(tree=version.manifest.artifacts.tree))
    assert found is not None
    assert found.judge.startswith("cairn ")


def test_a_decision_is_replayed_on_the_verdict_that_it_was_made_on(here: Registry) -> None:
    lie(here, origin=Origin(log="somebody+0+x", number=1, seq=1))
    made = here.check_gate("churn:1")

    assert here.replay(made.digest).digest == made.digest
    assert not here.verify().problems
