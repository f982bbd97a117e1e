"""One registry per engine: whatever holds for one must hold for all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core.check import Floor, LatencyBudget
from cairn.core.errors import Refused
from cairn.registry import Registry
from scored import spread
from store import Clock, data, evaluate, gate, open_registry, register, time_calls

FLOOR = Floor(id="floor", metric="roc_auc", value=0.6)
SPEED = LatencyBudget(id="speed", max_ms=40)


@pytest.fixture(autouse=True)
def _own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep keys and pins of a test to itself."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))


@pytest.fixture(params=["local"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """A registry over each engine, on an empty store."""
    assert request.param == "local"
    folder = tmp_path / "project"
    folder.mkdir()
    opened = open_registry(folder, clock=Clock())
    yield opened
    opened.engine.store.database.close()  # type: ignore[attr-defined]


@pytest.fixture
def busy(registry: Registry) -> Registry:
    """A registry in which everything that can happen has happened."""
    test_set = data(registry, name="test")
    gate(registry, FLOOR, SPEED, on=test_set)
    for weights in "ab":
        version = register(registry, weights)
        evaluate(registry, version, spread(500, skill=1.0, seed=1), on=test_set)
        time_calls(registry, version, milliseconds=4)
        registry.promote(version.name, reason="passes")
    register(registry, "c")
    with pytest.raises(Refused):
        registry.promote("churn:3")
    registry.release("churn:1", release="1.0.0")
    registry.rollback("churn")
    registry.mark_bad("churn:2", reason="slow")
    registry.promote("churn:3", "archived")
    registry.delete(register(registry, "d").name, reason="oops")
    return registry
