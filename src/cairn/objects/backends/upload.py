"""Bytes on their way into a bucket, where they appear whole, once, and never over others.

Content up to `Sizes.single` is kept here until it is placed: one request, which creates and
never replaces. More is sent in parts to a key of its own under `incoming/`, so that memory
and disk stay bounded, and appears by a copy inside the cloud whose last step carries the same
condition: no cloud but S3 takes one at the end of an upload in parts, and obstore at none.

An answer may be lost though its request was done. So each object says which writer made it:
whoever is told that something lies there already looks whether it is his own. A copy cannot
say so, and counts as somebody else's; whoever placed it looks at what lies there anyway.
"""

import mmap
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cairn.core.errors import CairnError, Invalid
from cairn.objects.backends.bucket_address import Place
from cairn.objects.backends.cloud_errors import asking, patiently
from cairn.objects.backends.os_errors import storing
from cairn.objects.backends.provider import Patience

if TYPE_CHECKING:
    from obstore import WritableFile
    from obstore.store import AzureStore, GCSStore, S3Store

MOST_BYTES = 5 << 30  # what S3 copies at once
PARTS_AT_ONCE = 4
MEMORY_BYTES = 1 << 20
INCOMING = "incoming/"
WRITER = "writer"


class Sizes(NamedTuple):
    """How much goes in one request, and in each part of more; a pack has about 64 MiB."""

    single: int = 128 << 20
    part: int = 16 << 20


class Upload:
    """One object on its way in; see `Incoming`."""

    def __init__(
        self,
        place: Place,
        store: "S3Store | GCSStore | AzureStore",
        patience: Patience,
        *,
        sizes: Sizes,
    ) -> None:
        self._place = place
        self._store = store
        self._patience = patience
        self._sizes = sizes
        self._mark = secrets.token_hex(16)
        self._size = 0
        self._kept = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 (closed with the upload)
        self._parts: WritableFile | None = None

    def write(self, content: bytes | memoryview) -> None:
        """Append bytes; raises `Unavailable`, and `Invalid` for more than S3 can copy."""
        self._size += len(content)
        if self._size > MOST_BYTES:
            raise Invalid(
                f"{self._place.url} cannot take more than {MOST_BYTES >> 30} GiB as one object"
            )
        if self._parts is None and self._size > self._sizes.single:
            self._parts = self._begin_parts()
        if self._parts is None:
            with storing(Path(tempfile.gettempdir())):
                self._kept.write(content)
            return
        with asking(self._place, self._beside):
            self._parts.write(content)

    def end(self) -> None:
        """Do nothing: parts are on their way already."""

    def seal(self) -> None:
        """See that all parts have arrived; content in one piece is durable when placed."""
        if self._parts is not None and not self._parts.closed():
            with asking(self._place, self._beside):
                self._parts.close()

    def place(self, key: str) -> bool:
        """Let the bytes appear under `key`; False, and no change, if others lie there."""
        if self._parts is not None:
            return self._copied(key)
        return self._created(key, self._content())

    def discard(self) -> None:
        """Forget the bytes; parts in the cloud are removed if it can be reached."""
        self._kept.close()
        if self._parts is None:
            return
        import obstore

        with suppress(CairnError), asking(self._place, self._beside):
            if not self._parts.closed():
                self._parts.close()
            obstore.delete(self._store, self._beside)
        self._parts = None

    @property
    def _beside(self) -> str:
        return INCOMING + self._mark

    def _begin_parts(self) -> "WritableFile":
        import obstore

        with asking(self._place, self._beside):
            parts = obstore.open_writer(
                self._store,
                self._beside,
                buffer_size=self._sizes.part,
                max_concurrency=PARTS_AT_ONCE,
            )
            self._kept.seek(0)
            while chunk := self._kept.read(MEMORY_BYTES):
                parts.write(chunk)
        self._kept.close()
        return parts

    def _content(self) -> memoryview:
        """Map what was kept: the client takes it from there, and lets go of it when it can."""
        if self._size <= MEMORY_BYTES:
            self._kept.seek(0)
            return memoryview(self._kept.read())
        self._kept.flush()
        return memoryview(mmap.mmap(self._kept.fileno(), 0, prot=mmap.PROT_READ))

    def _created(self, key: str, content: memoryview) -> bool:
        """Create the object, asking again where no answer came."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        def create() -> bool:
            try:
                obstore.put(
                    self._store,
                    key,
                    content,
                    mode="create",
                    use_multipart=False,
                    attributes={WRITER: self._mark},
                )
            except AlreadyExistsError:
                return self._is_marked(key)
            return True

        return patiently(self._place, key, self._patience, create)

    def _is_marked(self, key: str) -> bool:
        import obstore

        try:
            found = obstore.get(self._store, key, options={"head": True})
        except FileNotFoundError as error:  # removed since, or not yet to be seen
            raise TimeoutError from error
        return found.attributes.get(WRITER) == self._mark

    def _copied(self, key: str) -> bool:
        """Copy the parts' object to its key, asking again where no answer came."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        def copy() -> bool:
            try:
                obstore.copy(self._store, self._beside, key, overwrite=False)
            except AlreadyExistsError:
                return False
            return True

        return patiently(self._place, key, self._patience, copy)
