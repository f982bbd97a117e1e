"""A proxy between a client and a cloud on this machine that does what networks do.

Each fault is one of a request's misfortunes, as its client sees them.
"""

import http.client
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Asked(NamedTuple):
    """A request that came by."""

    method: str
    path: str
    headers: dict[str, str]


class Answer(NamedTuple):
    """What the cloud said."""

    status: int
    headers: dict[str, str]
    content: bytes


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    body = b""

    def handle_one_request(self) -> None:
        """Answer a request; a client that left is no matter."""
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def pass_on(self) -> None:
        """Take a request, and let it meet its fault."""
        proxy = self.proxy
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, dict(self.headers.items()))
        fault = proxy.take(asked)
        fault(self)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815 (as the base asks)

    @property
    def proxy(self) -> "Proxy":
        """The proxy that this connection came to."""
        assert isinstance(self.server, Proxy)
        return self.server

    def ask(self) -> Answer:
        """Put the request to the cloud."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.proxy.upstream)) as to:
            to.request(self.command, self.path, self.body, dict(self.headers.items()))
            said = to.getresponse()
            return Answer(said.status, dict(said.getheaders()), said.read())

    def answer(self, said: Answer, *, sent: int | None = None) -> None:
        """Give an answer, or the first `sent` bytes of its content."""
        size = said.headers.get("Content-Length", "0")
        size = size if self.command == "HEAD" else str(len(said.content))
        self.send_response(said.status)
        for name, value in said.headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", size)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said.content[:sent])

    def hang_up(self) -> None:
        """Cut the connection: the client's next look at it fails."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Say nothing."""


Fault = Callable[[Handler], None]


class Proxy(ThreadingHTTPServer):
    """Passes on what is asked; each fault in `faults` meets one request of its method."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = upstream
        self.faults: deque[tuple[str, Fault]] = deque()
        self.always: Fault = none
        self.asked: list[Asked] = []
        self.ended = threading.Event()
        self._lock = threading.Lock()

    def take(self, asked: Asked) -> Fault:
        """Say what happens to a request."""
        with self._lock:
            self.asked.append(asked)
            if self.faults and self.faults[0][0] == asked.method:
                return self.faults.popleft()[1]
            return self.always


@contextmanager
def proxy(upstream: int) -> Generator[Proxy]:
    """Stand before the cloud at a port."""
    server = Proxy(upstream)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()


def none(handler: Handler) -> None:
    """All is well."""
    handler.answer(handler.ask())


def busy(handler: Handler) -> None:
    """The cloud has no time: 503, and nothing was done."""
    handler.answer(Answer(503, {}, b"<Error><Code>SlowDown</Code></Error>"))


def too_many(handler: Handler) -> None:
    """The cloud has been asked too often: 429, and nothing was done."""
    handler.answer(Answer(429, {}, b"<Error><Code>TooManyRequests</Code></Error>"))


def broken_after(handler: Handler) -> None:
    """The cloud does what it was asked for and says 500."""
    handler.ask()
    handler.answer(Answer(500, {}, b"<Error><Code>InternalError</Code></Error>"))


def cut(handler: Handler) -> None:
    """The connection is reset before the request arrives."""
    handler.hang_up()


def lost(handler: Handler) -> None:
    """The request is done, and the connection is reset before the answer arrives."""
    handler.ask()
    handler.hang_up()


def silent(handler: Handler) -> None:
    """The request is done, and the answer does not come."""
    handler.ask()
    handler.proxy.ended.wait()
    handler.hang_up()


def twice(handler: Handler) -> None:
    """The request arrives twice, and the second answer is the one that comes back."""
    handler.ask()
    handler.answer(handler.ask())


def truncated(handler: Handler) -> None:
    """Half of the answer arrives."""
    said = handler.ask()
    handler.answer(said, sent=len(said.content) // 2)
    handler.hang_up()


def forbidden(handler: Handler) -> None:
    """The cloud knows the caller's key and refuses it."""
    handler.answer(Answer(403, {}, b"<Error><Code>InvalidAccessKeyId</Code></Error>"))


def elsewhere(handler: Handler) -> None:
    """The bucket lies in another region."""
    handler.answer(Answer(301, {}, b"<Error><Code>PermanentRedirect</Code></Error>"))


def held(handler: Handler) -> None:
    """The bucket must keep what lies in it."""
    handler.answer(Answer(409, {}, b"<Error><Code>BlobImmutableDueToPolicy</Code></Error>"))


def unconditional(handler: Handler) -> None:
    """The service knows nothing of conditions, and replaces what lies there."""
    del handler.headers["If-None-Match"]
    handler.answer(handler.ask())
