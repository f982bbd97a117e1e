"""Google Cloud Storage's XML API, as much of it as a client for objects needs, and as strict.

Follows the reference of the XML API (https://cloud.google.com/storage/docs/xml-api/overview):
a write may carry `x-goog-if-generation-match`, where 0 means that nothing may lie there; the
end of an upload in parts takes no such condition; a listing has at most 1,000 rows; a bucket
may retain what lies in it.
"""

import itertools
import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

PAGE = 1000
TOKEN = "token-of-a-test"


class Stored(NamedTuple):
    """An object as it lies there."""

    content: bytes
    generation: int
    modified: datetime
    metadata: dict[str, str]

    @property
    def etag(self) -> str:
        """The tag of the content, in quotes."""
        return f'"{md5(self.content, usedforsecurity=False).hexdigest()}"'


class Refusal(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Storage:
    """All buckets; one request changes them at a time."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, Stored]] = {}
        self.retaining: set[str] = set()
        self.lock = threading.Lock()
        self._uploads: dict[str, dict[int, bytes]] = {}
        self._generations = itertools.count(1)

    def bucket(self, name: str) -> dict[str, Stored]:
        """Return what lies in a bucket."""
        if name not in self.buckets:
            raise Refusal(404, "NoSuchBucket")
        return self.buckets[name]

    def stored(self, bucket: str, key: str) -> Stored:
        """Return what lies under a key."""
        found = self.bucket(bucket).get(key)
        if found is None:
            raise Refusal(404, "NoSuchKey")
        return found

    def write(self, bucket: str, key: str, content: bytes, headers: dict[str, str]) -> Stored:
        """Store an object, if the condition in the headers holds."""
        objects = self.bucket(bucket)
        there = objects[key].generation if key in objects else 0
        wanted = headers.get("x-goog-if-generation-match")
        if wanted is not None and int(wanted) != there:
            raise Refusal(412, "PreconditionFailed")
        if there and bucket in self.retaining:
            raise Refusal(403, "RetentionPolicyNotMet")
        metadata = {name: text for name, text in headers.items() if "-meta-" in name}
        stored = Stored(content, next(self._generations), datetime.now(UTC), metadata)
        objects[key] = stored
        return stored

    def remove(self, bucket: str, key: str) -> None:
        """Remove an object, unless it is retained."""
        self.stored(bucket, key)
        if bucket in self.retaining:
            raise Refusal(403, "RetentionPolicyNotMet")
        del self.bucket(bucket)[key]

    def begin(self, bucket: str) -> str:
        """Begin an upload in parts."""
        self.bucket(bucket)
        name = f"upload-{next(self._generations)}"
        self._uploads[name] = {}
        return name

    def add_part(self, upload: str, number: int, content: bytes) -> None:
        """Take one part."""
        self._parts(upload)[number] = content

    def finish(self, upload: str, numbers: list[int]) -> bytes:
        """End an upload; return the named parts as one."""
        parts = self._parts(upload)
        if not numbers or not set(numbers) <= parts.keys():
            raise Refusal(400, "InvalidPart")
        if any(len(parts[number]) < 5 << 20 for number in numbers[:-1]):
            raise Refusal(400, "EntityTooSmall")
        del self._uploads[upload]
        return b"".join(parts[number] for number in numbers)

    def _parts(self, upload: str) -> dict[int, bytes]:
        if upload not in self._uploads:
            raise Refusal(404, "NoSuchUpload")
        return self._uploads[upload]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits for an acknowledgement

    def do_GET(self) -> None:
        """Read an object, or list a bucket."""
        self._answer(self._list if not self._key else self._read)

    def do_HEAD(self) -> None:
        """Describe an object."""
        self._answer(self._read)

    def do_PUT(self) -> None:
        """Write an object or a part of one, or copy one."""
        self._answer(self._put)

    def do_POST(self) -> None:
        """Begin or end an upload in parts."""
        self._answer(self._post)

    def do_DELETE(self) -> None:
        """Remove an object."""
        self._answer(self._delete)

    @property
    def _storage(self) -> Storage:
        assert isinstance(self.server, Server)
        return self.server.storage

    @property
    def _path(self) -> tuple[str, str, dict[str, str]]:
        parts = urlsplit(self.path)
        bucket, _, key = parts.path[1:].partition("/")
        asked = parse_qs(parts.query, keep_blank_values=True)
        return unquote(bucket), unquote(key), {name: asked[name][0] for name in asked}

    @property
    def _key(self) -> str:
        return self._path[1]

    def _answer(self, act: Any) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            _identify(headers)
            with self._storage.lock:
                status, sent, content = act(body, headers)
        except Refusal as refusal:
            text = f"<?xml version='1.0'?><Error><Code>{refusal.code}</Code></Error>"
            status, sent, content = refusal.status, {}, text.encode()
        self._send(status, sent, content)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _read(self, _: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        bucket, key, _asked = self._path
        stored = self._storage.stored(bucket, key)
        sent = _described(stored)
        if "range" not in headers:
            return 200, sent | {"Content-Length": str(len(stored.content))}, stored.content
        start, end = _span(headers["range"], len(stored.content))
        sent["Content-Range"] = f"bytes {start}-{end - 1}/{len(stored.content)}"
        return 206, sent, stored.content[start:end]

    def _list(self, _: bytes, _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        bucket, _key, asked = self._path
        prefix = asked.get("prefix", "")
        after = asked.get("continuation-token", asked.get("start-after", ""))
        objects = self._storage.bucket(bucket)
        keys = sorted(key for key in objects if key.startswith(prefix) and key > after)
        rows = "".join(_row(key, objects[key]) for key in keys[:PAGE])
        if len(keys) > PAGE:
            rows += f"<NextContinuationToken>{escape(keys[PAGE - 1])}</NextContinuationToken>"
        said = f"<ListBucketResult>{rows}</ListBucketResult>"
        return 200, {}, f"<?xml version='1.0' encoding='UTF-8'?>{said}".encode()

    def _put(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        storage = self._storage
        bucket, key, asked = self._path
        if "uploadid" in {name.lower() for name in asked}:
            storage.add_part(asked["uploadId"], int(asked["partNumber"]), body)
            return 200, {"ETag": f'"part-{asked["partNumber"]}"'}, b""
        if source := headers.get("x-goog-copy-source"):
            whence, _, name = unquote(source).lstrip("/").partition("/")
            body = storage.stored(whence, name).content
        stored = storage.write(bucket, key, body, headers)
        return 200, _described(stored), b"<CopyObjectResult/>" if source else b""

    def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        storage = self._storage
        bucket, key, asked = self._path
        if "uploads" in asked:
            name = storage.begin(bucket)
            said = f"<UploadId>{name}</UploadId>"
            said = f"<InitiateMultipartUploadResult>{said}</InitiateMultipartUploadResult>"
            return 200, {}, said.encode()
        parts = ET.fromstring(body).iter("PartNumber")
        content = storage.finish(asked["uploadId"], [int(part.text or 0) for part in parts])
        stored = storage.write(bucket, key, content, {**headers})
        said = f"<ETag>{escape(stored.etag)}</ETag>"
        said = f"<CompleteMultipartUploadResult>{said}</CompleteMultipartUploadResult>"
        return 200, _described(stored), said.encode()

    def _delete(self, _: bytes, _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        bucket, key, _asked = self._path
        self._storage.remove(bucket, key)
        return 204, {}, b""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Listens on this machine alone."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.storage = Storage()


def _identify(headers: dict[str, str]) -> None:
    if headers.get("authorization") != f"Bearer {TOKEN}":
        raise Refusal(401, "AuthenticationRequired")


def _described(stored: Stored) -> dict[str, str]:
    return {
        "ETag": stored.etag,
        "Last-Modified": format_datetime(stored.modified, usegmt=True),
        "x-goog-generation": str(stored.generation),
        "Content-Type": "application/octet-stream",
        **stored.metadata,
    }


def _span(header: str, size: int) -> tuple[int, int]:
    """Read `bytes=5-9`, `bytes=5-` or `bytes=-3` for an object of `size` bytes."""
    first, _, last = header.removeprefix("bytes=").partition("-")
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= end:
        raise Refusal(416, "InvalidRange")
    return start, end


def _row(key: str, stored: Stored) -> str:
    modified = stored.modified.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return (
        f"<Contents><Key>{escape(key)}</Key><Generation>{stored.generation}</Generation>"
        f"<LastModified>{modified}</LastModified><ETag>{escape(stored.etag)}</ETag>"
        f"<Size>{len(stored.content)}</Size></Contents>"
    )
