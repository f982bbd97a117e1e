"""lakeFS over its REST API (OpenAPI document, `/api/v1`): refs, listings and objects.

Credentials go to the server alone: an address that it sends us to for an object carries its
own signature and gets none of them.
"""

import base64
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast
from urllib.parse import quote, urlencode

from cairn.core.errors import CairnError, Corrupt, Forbidden, NotFound, Unavailable

PAGE = 1000
CHUNK = 1 << 20
TIMEOUT_SECONDS = 60.0
PAUSES = (0.1, 0.4)
"""Seconds before each further attempt at a request that may succeed later."""
_NOT_FOUND, _GONE, _BUSY, _SERVER = 404, 410, 429, 500
_REFUSED = (401, 403)
_ELSEWHERE = (301, 302, 303, 307, 308)


class Login(NamedTuple):
    """Where a server is, and who we are to it."""

    endpoint: str
    access_key_id: str
    secret_access_key: str

    @property
    def api(self) -> str:
        """The address that all requests begin with."""
        endpoint = self.endpoint.rstrip("/")
        return endpoint if endpoint.endswith("/api/v1") else f"{endpoint}/api/v1"


class ObjectStats(NamedTuple):
    """An object as a listing tells of it."""

    path: str
    size: int
    checksum: str


class LakeFS:
    """Asks one server; `pause` waits between attempts."""

    def __init__(self, login: Login, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._login = login
        self._pause = pause
        self._opener = urllib.request.build_opener(_NoRedirects())

    def commit(self, repository: str, reference: str) -> str:
        """Return the commit that a branch, a tag or a commit's own id stands for now.

        Raises `NotFound` if it is none of them. What is not committed on a branch is not in
        its commit.
        """
        for kind in ("branches", "tags"):
            try:
                found = self._json(
                    f"/repositories/{_part(repository)}/{kind}/{_part(reference)}"
                )
            except NotFound:
                continue
            return _text(found, "commit_id")
        self._json(
            f"/repositories/{_part(repository)}"
        )  # says so if the repository is missing
        try:
            commit = f"/repositories/{_part(repository)}/commits/{_part(reference)}"
            return _text(self._json(commit), "id")
        except NotFound as error:
            raise NotFound(
                f"lakeFS has no branch, tag or commit {reference!r} in repository {repository}"
            ) from error

    def objects(self, repository: str, commit: str, prefix: str) -> Iterator[ObjectStats]:
        """List every object of a commit under a prefix, page by page."""
        after = ""
        while True:
            asked = urlencode({"prefix": prefix, "after": after, "amount": PAGE})
            place = (
                f"/repositories/{_part(repository)}/refs/{_part(commit)}/objects/ls?{asked}"
            )
            page = self._json(place)
            for row in cast("list[dict[str, Any]]", page.get("results", [])):
                if row.get("path_type") == "object":
                    yield _stats(row)
            more = cast("dict[str, Any]", page.get("pagination", {}))
            if not more.get("has_more"):
                return
            if not more.get("next_offset") or more["next_offset"] == after:
                raise Unavailable("lakeFS says that there is more and not where; ask again")
            after = str(more["next_offset"])

    def presigns(self) -> bool:
        """Tell whether the server hands out signed addresses of the storage itself."""
        config = cast("dict[str, Any]", self._json("/config").get("storage_config") or {})
        return config.get("pre_sign_support") is True

    def read(
        self, repository: str, commit: str, path: str, *, presign: bool
    ) -> Iterator[bytes]:
        """Yield the bytes of an object; raises `NotFound` if it is gone."""
        asked = urlencode({"path": path, "presign": "true" if presign else "false"})
        place = f"/repositories/{_part(repository)}/refs/{_part(commit)}/objects?{asked}"
        name = f"lakefs://{repository}/{commit}/{path}"
        with self._answer(place) as answer:
            if answer.status not in _ELSEWHERE:
                yield from _body(answer, name)
                return
            signed = str(answer.headers.get("Location", ""))
        if not signed.startswith(("http://", "https://")):
            raise Unavailable(f"lakeFS sends us to no web address for {name}: {signed[:80]!r}")
        with self._sent(urllib.request.Request(signed), name) as answer:  # noqa: S310 (http)
            yield from _body(answer, name)

    def _json(self, place: str) -> dict[str, Any]:
        with self._answer(place) as answer:
            content = b"".join(_body(answer, place))
        try:
            found = json.loads(content)
        except ValueError as error:
            raise Unavailable(
                f"{self._login.endpoint} does not answer as lakeFS does: check "
                "LAKECTL_SERVER_ENDPOINT_URL"
            ) from error
        if not isinstance(found, dict):
            raise Unavailable(f"{self._login.endpoint} gave an answer of the wrong shape")
        return cast("dict[str, Any]", found)

    def _answer(self, place: str) -> http.client.HTTPResponse:
        pair = f"{self._login.access_key_id}:{self._login.secret_access_key}"
        secret = base64.b64encode(pair.encode()).decode()
        request = urllib.request.Request(  # noqa: S310 (checked by whoever made the login)
            self._login.api + place,
            headers={"Authorization": f"Basic {secret}", "Accept": "*/*"},
        )
        return self._sent(request, place.partition("?")[0])

    def _sent(self, request: urllib.request.Request, what: str) -> http.client.HTTPResponse:
        """Send a request, again after a pause if the server may be better then."""
        for pause in (*PAUSES, None):
            try:
                return self._opener.open(request, timeout=TIMEOUT_SECONDS)
            except urllib.error.HTTPError as error:
                if error.code in _ELSEWHERE:
                    return cast("http.client.HTTPResponse", error)  # it is read like one
                with error:
                    if pause is None or not (error.code == _BUSY or error.code >= _SERVER):
                        raise self._refusal(error, what) from error
            except (OSError, http.client.HTTPException) as error:
                if pause is None:
                    raise self._silence(error) from error
            self._pause(pause or 0)
        raise AssertionError  # the last attempt returned or raised

    def _refusal(self, error: urllib.error.HTTPError, what: str) -> CairnError:
        said = _message(error)
        server = self._login.endpoint
        if error.code in _REFUSED:
            return Forbidden(
                f"lakeFS at {server} refuses these credentials for {what}{said}: set "
                "LAKECTL_CREDENTIALS_ACCESS_KEY_ID and LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY "
                "to those of somebody who may read it"
            )
        if error.code in (_NOT_FOUND, _GONE):
            return NotFound(f"lakeFS at {server} has nothing at {what}{said}: check the name")
        return Unavailable(
            f"lakeFS at {server} answers {error.code} for {what}{said}; try again later"
        )

    def _silence(self, error: Exception) -> Unavailable:
        reason = getattr(error, "reason", None) or error
        return Unavailable(
            f"lakeFS at {self._login.endpoint} does not answer ({str(reason).lower()}): check "
            "LAKECTL_SERVER_ENDPOINT_URL, and that it runs"
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        """Follow nothing: credentials would go along."""


def _body(answer: http.client.HTTPResponse, name: str) -> Iterator[bytes]:
    """Yield what an answer holds; one that ends early is not content."""
    left = int(answer.headers.get("Content-Length") or 0)
    try:
        while chunk := answer.read(CHUNK):
            left -= len(chunk)
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"the answer about {name} was cut off; run this again") from error
    if left > 0:
        raise Unavailable(f"the answer about {name} was cut off; run this again")


def _message(error: urllib.error.HTTPError) -> str:
    """Quote what the server says, if it says it as lakeFS does."""
    try:
        found = json.loads(error.read(CHUNK))["message"]
    except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
        return ""
    return f" ({str(found)[:200]})"


def _stats(row: dict[str, Any]) -> ObjectStats:
    try:
        return ObjectStats(str(row["path"]), int(row["size_bytes"]), str(row["checksum"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Corrupt(f"lakeFS lists an object without its {error}") from error


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise Unavailable(f"lakeFS gave an answer without {name!r}; is it a lakeFS server?")
    return value


def _part(name: str) -> str:
    return quote(name, safe="")
