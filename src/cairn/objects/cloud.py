"""Bytes in a bucket of S3, Google Cloud Storage or Azure Blob Storage, through obstore.

There is no request that replaces anything: `upload.py` writes. What a killed process leaves
under `incoming/` is referred to by nothing, and a rule of the bucket removes it
(docs/guide/storage.md).
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cairn.core.errors import Invalid, NotFound, Unavailable
from cairn.objects.answer import asking, failed, read_answer
from cairn.objects.backend import Found, Incoming
from cairn.objects.place import Place
from cairn.objects.provider import Patience, connect
from cairn.objects.upload import INCOMING, Sizes, Upload

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import AzureStore, GCSStore, S3Store

LISTED_AT_ONCE = 1000
PATIENCE = Patience()
SIZES = Sizes()


class CloudBackend:
    """Bytes under one prefix of a bucket; may be handed to other processes, not forked."""

    def __init__(
        self, place: Place, patience: Patience = PATIENCE, *, sizes: Sizes = SIZES
    ) -> None:
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
        import obstore
        from obstore.exceptions import BaseError

        try:
            got = obstore.get(self._reader, key, options=_range(start, size))
            content = bytes(got.bytes())
        except (BaseError, OSError) as error:
            if read_answer(error).is_beyond_the_end and start >= self.size(key):
                return b""
            raise failed(self.place, key, error) from error
        if len(content) != got.range[1] - got.range[0]:
            raise Unavailable(f"{self.where(key)} was cut off on its way: run this again")
        return content

    def size(self, key: str) -> int:
        """Tell how many bytes lie under a key; raises `NotFound`."""
        import obstore

        try:
            with asking(self.place, key):
                return obstore.head(self._reader, key)["size"]
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
        import obstore

        last = ""
        with asking(self.place, under):
            pages = obstore.list(self._reader, under or None, chunk_size=LISTED_AT_ONCE)
            for about in (about for page in pages for about in page):
                found = Found(about["path"], about["size"], about["last_modified"].timestamp())
                if found.key.startswith(INCOMING) and not under:
                    continue
                if found.key < last:
                    raise Invalid(
                        f"{self.place.url} lists its keys in no order: use an ordinary bucket"
                    )
                last = found.key
                yield found

    def remove(self, key: str) -> None:
        """Take away what lies under a key; raises `Refused` while the bucket retains it."""
        import obstore

        with suppress(NotFound), asking(self.place, key):
            obstore.delete(self._writer, key)

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

    def _require_bucket(self) -> None:
        """Tell a missing bucket from a missing key, which HEAD answers alike; asked once."""
        if self._has_bucket:
            return
        import obstore

        with asking(self.place, ""):
            next(iter(obstore.list(self._reader, chunk_size=1)), None)
        self._has_bucket = True


def _range(start: int, size: int | None) -> "GetOptions":
    if size is not None:
        return {"range": (start, start + size)}
    return {"range": {"offset": start}} if start else {}
