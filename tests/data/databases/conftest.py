"""Small tables in every engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.registry import Registry
from projects.store import open_registry
from sources import postgresql_server


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    return open_registry(tmp_path)


@pytest.fixture
def postgresql(server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URI of an empty database."""
    with postgresql_server.database(server, f"d{abs(hash(request.node.nodeid))}") as address:
        yield address


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URI of an empty SQLite file."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def duck(tmp_path: Path) -> str:
    """The URI of a DuckDB file that is yet to be made."""
    return f"duckdb:///{tmp_path / 'shop.duckdb'}"
