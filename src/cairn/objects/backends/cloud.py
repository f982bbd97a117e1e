"""Bytes in a bucket of S3, Google Cloud Storage or Azure Blob Storage, through obstore.

There is no request that replaces anything: `upload.py` writes. What a killed process leaves
under `incoming/` is referred to by nothing, and a rule of the bucket removes it
(docs/guide/storage.md).
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from cairn.core.errors import Invalid, NotFound
from cairn.objects.backends.backend import Found, Incoming
from cairn.objects.backends.bucket_address import Place
from cairn.objects.backends.cloud_errors import patiently, read_answer
from cairn.objects.backends.provider import Patience, connect, require_client
from cairn.objects.backends.upload import INCOMING, Sizes, Upload

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import AzureStore, GCSStore, S3Store

T = TypeVar("T")
LISTED_AT_ONCE = 1000
PATIENCE = Patience()
SIZES = Sizes()


class CloudBackend:
    """Bytes under one prefix of a bucket; may be handed to other processes, not forked.

    Raises `Unavailable` where the client for clouds is not installed.
    """

    def __init__(
        self, place: Place, patience: Patience = PATIENCE, *, sizes: Sizes = SIZES
    ) -> None:
        require_client(place)
        self.place = place
        self._patience = patience
        self._sizes = sizes
        self._has_bucket = False

    def __getstate__(self) -> dict[str, Any]:
        """Travel as an address: each process has connections of its own."""
        kept = ("place", "_patience", "_sizes", "_has_bucket")
        return {name: value for name, value in vars(self).items() if name in kept}

    def receive(self) -> Incoming:
        """Begin something new, which is durable once it is placed."""
        return Upload(self.place, self._writer, self._patience, sizes=self._sizes)

    def settle(self, keys: AbstractSet[str]) -> None:
        """Do nothing: what a cloud has acknowledged, it lists."""

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes:
        """Read from `start`, at most `size` bytes, unverified."""
        if size == 0 and self.size(key) >= 0:  # no request can ask for nothing
            return b""
        return self._ask(key, lambda: self._read(key, start, size))

    def version(self, key: str) -> str:
        """Tell which version of an object is the newest; empty where the bucket keeps none."""
        import obstore

        about = self._ask(key, lambda: obstore.head(self._reader, key))
        return "" if about["version"] in (None, "null") else about["version"]

    def read_version(self, key: str, version: str, start: int, size: int) -> bytes:
        """Read part of one version of an object; raises `NotFound` if that is gone."""
        return self._ask(key, lambda: self._read(key, start, size, version=version))

    def size(self, key: str) -> int:
        """Tell how many bytes lie under a key; raises `NotFound`."""
        import obstore

        try:
            return self._ask(key, lambda: obstore.head(self._reader, key)["size"])
        except NotFound:
            self._require_bucket()
            raise

    def exists(self, key: str) -> bool:
        """Tell whether anything lies under a key; raises `NotFound` if there is no bucket."""
        with suppress(NotFound):
            return self.size(key) >= 0
        self._require_bucket()
        return False

    def list(self, under: str) -> Iterator[Found]:
        """List what lies under keys that begin with `under`, ascending."""
        last = ""
        for found in self.list_unordered(under):
            if found.key < last:
                raise Invalid(
                    f"{self.place.url} lists its keys in no order: use an ordinary bucket"
                )
            last = found.key
            if under or not last.startswith(INCOMING):
                yield found

    def list_unordered(self, under: str) -> Iterator[Found]:
        """List what lies under keys that begin with `under`, whoever put it there."""
        pages = _Pages(self._reader, under)
        while page := self._ask(under, pages.next):
            yield from page

    def remove(self, key: str) -> None:
        """Take away what lies under a key; raises `Refused` while the bucket retains it."""
        import obstore

        with suppress(NotFound):
            self._ask(key, lambda: obstore.delete(self._writer, key))

    def where(self, key: str) -> str:
        """Say to a person where it lies."""
        return f"{self.place.url}/{key}"

    def is_own(self, device: int, inode: int) -> bool:  # noqa: ARG002 (the protocol's names)
        """Tell that no folder of the machine holds these bytes."""
        return False

    @cached_property
    def _reader(self) -> "S3Store | GCSStore | AzureStore":
        return connect(self.place, self._patience, reads=True)

    @cached_property
    def _writer(self) -> "S3Store | GCSStore | AzureStore":
        return connect(self.place, self._patience, reads=False)

    def _read(
        self, key: str, start: int, size: int | None, *, version: str | None = None
    ) -> bytes:
        import obstore
        from obstore.exceptions import GenericError

        try:
            options = _range(start, size)
            if version is not None:
                options["version"] = version
            got = obstore.get(self._reader, key, options=options)
        except GenericError as error:
            if read_answer(error).is_beyond_the_end and (version or start >= self.size(key)):
                return b""
            raise
        return bytes(got.bytes())

    def _require_bucket(self) -> None:
        """Tell a missing bucket from a missing key, which HEAD answers alike; asked once."""
        if self._has_bucket:
            return
        self._ask("", _Pages(self._reader, "").next)
        self._has_bucket = True

    def _ask(self, key: str, ask: Callable[[], T]) -> T:
        return patiently(self.place, key, self._patience, ask)


class _Pages:
    """The pages of one listing; after an error it goes on behind the last that came."""

    def __init__(self, store: "S3Store | GCSStore | AzureStore", under: str) -> None:
        self._store = store
        self._under = under
        self._last: str | None = None
        self._pages: Iterator[Sequence[ObjectMeta]] | None = None

    def next(self) -> Sequence[Found]:
        """Fetch the next page, which is empty at the end."""
        import obstore

        pages = self._pages or iter(
            obstore.list(
                self._store, self._under or None, offset=self._last, chunk_size=LISTED_AT_ONCE
            )
        )
        self._pages = None
        page = next(pages, ())
        self._pages = pages
        self._last = page[-1]["path"] if page else self._last
        return [
            Found(about["path"], about["size"], about["last_modified"].timestamp())
            for about in page
        ]


def _range(start: int, size: int | None) -> "GetOptions":
    if size is not None:
        return {"range": (start, start + size)}
    return {"range": {"offset": start}} if start else {}
