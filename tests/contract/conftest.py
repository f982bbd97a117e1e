"""One registry per engine: whatever holds for one must hold for all."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cairn.core.approval import Approvals
from cairn.core.check import Floor, LatencyBudget
from cairn.core.errors import Refused
from cairn.registry import Registry
from projects.people import Becomes, Person, bind
from projects.store import Clock, data, evaluate, gate, open_registry, register, time_calls
from scores.scored import spread
from sources import postgresql_server

FLOOR = Floor(id="floor", metric="roc_auc", value=0.6)
SPEED = LatencyBudget(id="speed", max_ms=40)


@pytest.fixture(autouse=True)
def _own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep keys and pins of a test to itself."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask every engine, or those that a module names because it looks into files."""
    if "engine" in metafunc.fixturenames:
        engines = getattr(metafunc.module, "ENGINES", ("local", "postgresql"))
        metafunc.parametrize("engine", engines)


@pytest.fixture
def registry(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Registry]:
    """A registry over each engine, on an empty store."""
    folder = tmp_path / "project"
    folder.mkdir()
    records = request.getfixturevalue("records") if engine == "postgresql" else ""
    opened = open_registry(folder, clock=Clock(), records=records)
    yield opened
    opened.engine.store.database.close()  # type: ignore[attr-defined] (only the local engine has it)


@pytest.fixture(scope="session")
def tables(server: str) -> Iterator[str]:
    """A database on the server for all tests of this session."""
    with postgresql_server.database(server, f"contract_{os.getpid()}") as address:
        yield address


@pytest.fixture
def records(tables: str) -> str:
    """A database in which nothing was recorded yet."""
    with psycopg.connect(tables, autocommit=True) as connection:
        names = connection.execute(
            "SELECT string_agg(tablename, ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'ledger_head')"
        ).fetchone()
        if names and names[0]:
            connection.execute(f"TRUNCATE {names[0]}; UPDATE ledger_head SET entries = 0")  # pyright: ignore[reportCallIssue, reportArgumentType] (names of our own)
    return tables


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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def become(registry: Registry, tmp_path: Path, clock: Clock) -> Becomes:
    def make(name: str) -> Person:
        user, _, key = name.partition("/")
        return Person(registry, user, key=tmp_path / f"{key or user}.key", clock=clock)

    return make


@pytest.fixture
def ada(become: Becomes) -> Person:
    """Ada made churn:1, which passes a gate that asks two of bo, cy and dee."""
    ada = become("ada")
    test_set = data(ada.registry, "id,x,y\n1,2,1\n2,3,0\n", name="test")
    bind(ada.registry, Approvals(people=("bo", "cy", "dee"), count=2))
    evaluate(ada.registry, register(ada.registry), spread(500, skill=1.0, seed=1), on=test_set)
    return ada
