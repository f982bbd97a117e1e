"""Connections that are used again: one for each transaction that is open at the same time."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from cairn.sql.driver import Session


class Pool:
    """Up to `most` open connections; whoever needs one more waits for one to be free."""

    def __init__(self, connect: Callable[[], Session], most: int) -> None:
        self._connect = connect
        self._free = threading.BoundedSemaphore(most)
        self._idle: list[Session] = []

    @contextmanager
    def session(self) -> Generator[Session]:
        """Lend a connection that nobody else uses meanwhile."""
        with self._free:
            session = None
            with suppress(IndexError):  # asked and taken in one step: threads meet here
                session = self._idle.pop()
            session = session or self._connect()
            try:
                yield session
            finally:
                self._idle.append(session)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()
