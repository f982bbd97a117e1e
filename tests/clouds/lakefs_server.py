"""A small lakeFS, made from the OpenAPI document of lakeFS: the part that readers need.

Same paths, parameters, fields, statuses and errors, over HTTP on the loopback; what lakeFS
keeps in a key-value store and a bucket is a dictionary here. `/signed/...` plays the storage
that signed addresses lead to: it refuses whoever sends it the credentials of lakeFS.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
MOST_PER_PAGE, DEFAULT_PER_PAGE = 1000, 100
_COMMIT = re.compile(r"[0-9a-f]{6,64}")


@dataclass
class Repository:
    """Commits by id, and the refs that lead to them."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict[str, dict[str, bytes]])
    branches: dict[str, str] = field(default_factory=dict[str, str])
    tags: dict[str, str] = field(default_factory=dict[str, str])

    def commit(self, files: dict[str, bytes], branch: str = "main") -> str:
        """Commit these files to a branch, as all that it has."""
        parent = self.branches.get(branch, "")
        listed = sorted((path, hashlib.md5(body).hexdigest()) for path, body in files.items())
        name = hashlib.sha256(json.dumps([parent, listed]).encode()).hexdigest()
        self.commits[name] = dict(files)
        self.branches[branch] = name
        return name

    def resolve(self, reference: str) -> str | None:
        """Follow a branch, a tag, a commit's id or the beginning of one."""
        found = self.branches.get(reference) or self.tags.get(reference)
        if found or not _COMMIT.fullmatch(reference):
            return found
        begun = [name for name in self.commits if name.startswith(reference)]
        return begun[0] if len(begun) == 1 else None


class Server:
    """A running server: what is in it, what it was asked, and how it should fail."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.asked: list[str] = []
        self.presigns = False
        self.failures: list[int] = []
        """Statuses of the next answers, in place of what was asked for."""
        self.cut_after: int | None = None
        """Bytes after which the content of an object breaks off."""
        self.endpoint = ""


@contextmanager
def running() -> Generator[Server]:
    """Run a server until the end of the block."""
    server = Server()
    handler = type("Handler", (_Handler,), {"lake": server})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.endpoint = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    lake: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        self.lake.asked.append(self.path)
        if parts.path.startswith("/signed/"):
            self._signed(parts.path)
            return
        if self.lake.failures:
            status = self.lake.failures.pop(0)
            self._error(status, f"failing with {status}")
            return
        if not self._may_enter():
            self._error(401, "error authenticating request")
            return
        self._routed(parts.path, {name: v[0] for name, v in parse_qs(parts.query).items()})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        """Say nothing."""

    def _may_enter(self) -> bool:
        pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {pair}"

    def _routed(self, path: str, query: dict[str, str]) -> None:
        words = [unquote(word) for word in path.removeprefix("/api/v1").strip("/").split("/")]
        match words:
            case ["config"]:
                self._send({"storage_config": _storage_config(presigns=self.lake.presigns)})
            case ["repositories", name, *rest] if name in self.lake.repositories:
                self._in_repository(name, rest, query)
            case ["repositories", *_]:
                self._error(404, "repository not found")
            case _:
                self._error(404, "invalid API endpoint")

    def _in_repository(self, name: str, rest: list[str], query: dict[str, str]) -> None:
        found = self.lake.repositories[name]
        match rest:
            case []:
                about = {"creation_date": 0, "default_branch": "main"}
                self._send({"id": name, "storage_namespace": "local://lake", **about})
            case ["branches", ref] if ref in found.branches:
                self._send({"id": ref, "commit_id": found.branches[ref]})
            case ["tags", ref] if ref in found.tags:
                self._send({"id": ref, "commit_id": found.tags[ref]})
            case ["commits", ref] if (commit := found.resolve(ref)) is not None:
                self._send(_commit(commit))
            case ["refs", ref, "objects", "ls"] if (commit := found.resolve(ref)) is not None:
                self._list(found.commits[commit], query)
            case ["refs", ref, "objects"] if (commit := found.resolve(ref)) is not None:
                self._object(name, commit, query)
            case _:
                self._error(404, "not found")

    def _list(self, files: dict[str, bytes], query: dict[str, str]) -> None:
        amount = int(query.get("amount", DEFAULT_PER_PAGE))
        if not -1 <= amount <= MOST_PER_PAGE:
            self._error(400, "amount must be at most 1000")
            return
        prefix, after = query.get("prefix", ""), query.get("after", "")
        paths = sorted(path for path in files if path.startswith(prefix) and path > after)
        page = paths[: amount if amount > 0 else DEFAULT_PER_PAGE]
        has_more = len(page) < len(paths)
        self._send(
            {
                "pagination": {
                    "has_more": has_more,
                    "max_per_page": MOST_PER_PAGE,
                    "results": len(page),
                    "next_offset": page[-1] if has_more else "",
                },
                "results": [_stats(path, files[path]) for path in page],
            }
        )

    def _object(self, name: str, commit: str, query: dict[str, str]) -> None:
        files = self.lake.repositories[name].commits[commit]
        path = query.get("path", "")
        if path not in files:
            self._error(404, "object not found")
        elif query.get("presign") == "true" and self.lake.presigns:
            self.send_response(302)
            self.send_header("Location", f"{self.lake.endpoint}/signed/{name}/{commit}/{path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._content(files[path])

    def _signed(self, path: str) -> None:
        _, _, name, commit, place = path.split("/", 4)
        if "Authorization" in self.headers:
            self._error(400, "only one auth mechanism allowed")
            return
        self._content(self.lake.repositories[name].commits[commit][unquote(place)])

    def _content(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
        self.end_headers()
        if self.lake.cut_after is not None:
            self.close_connection = True
        self.wfile.write(body[: self.lake.cut_after])

    def _error(self, status: int, message: str) -> None:
        self._send({"message": message}, status)

    def _send(self, value: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _stats(path: str, body: bytes) -> dict[str, Any]:
    checksum = hashlib.md5(body).hexdigest()
    return {
        "path": path,
        "path_type": "object",
        "physical_address": f"local://lake/data/{checksum}",
        "checksum": checksum,
        "size_bytes": len(body),
        "mtime": 0,
        "metadata": {},
        "content_type": "application/octet-stream",
    }


def _commit(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "parents": [],
        "committer": "ada",
        "message": "work",
        "creation_date": 0,
        "meta_range_id": name,
        "metadata": {},
    }


def _storage_config(*, presigns: bool) -> dict[str, Any]:
    return {
        "blockstore_type": "local",
        "blockstore_namespace_example": "local://example-bucket/",
        "blockstore_namespace_ValidityRegex": "^local://",
        "pre_sign_support": presigns,
        "pre_sign_support_ui": False,
        "import_support": False,
        "import_validity_regex": "^local://",
    }
