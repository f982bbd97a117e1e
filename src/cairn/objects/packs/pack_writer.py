"""Packs on their way: one is open, and full ones are synced while the next one is written.

They are placed in the order in which they were filled, each durably before the next, so a
recipe is never there without its pieces. Once one has failed, none follows.
"""

from collections import deque
from typing import TYPE_CHECKING

from cairn.objects.backends.backend import Backend
from cairn.objects.packs.blob import Cipher
from cairn.objects.packs.index import Index
from cairn.objects.packs.pack import PACK_BYTES, Pack, PackWriter, check_pack

if TYPE_CHECKING:
    from concurrent.futures import Future

_UNPLACED = 2


class Pen:
    """Writes blobs into packs; `salted` ones never take the name of a pack that goes."""

    def __init__(self, backend: Backend, index: Index, cipher: Cipher | None) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._backend = backend
        self._index = index
        self._cipher = cipher
        self._open: PackWriter | None = None
        self._unplaced: set[bytes] = set()
        self._placing = ThreadPoolExecutor(1)
        self._placed: deque[Future[None]] = deque()
        self._failed: BaseException | None = None
        self.salted = False

    def holds(self, id_: bytes) -> bool:
        """Tell whether a blob was added, by its id as it stands in packs."""
        return id_ in self._unplaced

    def add(self, kind: int, id_: bytes, content: bytes | memoryview) -> None:
        """Append a blob; `content` must not change until the next `finish`."""
        try:
            if self._open is None:
                incoming = self._backend.receive()
                self._open = PackWriter(incoming, self._cipher, salted=self.salted)
            self._unplaced.add(self._open.add(kind, id_, content))
            if self._open.size >= PACK_BYTES:
                self._close(self._open)
        except BaseException as error:
            self._failed = self._failed or error
            raise

    def finish(self) -> None:
        """Place all packs, durably; raises what went wrong with any of them."""
        if self._failed is not None:
            raise self._failed
        if self._open is not None:
            self._close(self._open)
        while self._placed:
            self._placed.popleft().result()
        self._index.keep()

    def discard(self) -> None:
        """Forget what is not placed yet, and wait for what is on its way."""
        self._placing.shutdown()
        if self._open is not None:
            self._open.discard()

    def _close(self, writer: PackWriter) -> None:
        pack = writer.finish()
        self._open = None
        self._placed.append(self._placing.submit(self._place, writer, pack))
        while len(self._placed) > _UNPLACED:
            self._placed.popleft().result()

    def _place(self, writer: PackWriter, pack: Pack) -> None:
        try:
            if self._failed is not None:
                return
            if not writer.place(pack):
                check_pack(self._backend, pack.name)
            self._backend.settle({pack.key})
            self._index.add(pack)
            self._unplaced.difference_update(row.id for row in pack.rows)
        except BaseException as error:
            self._failed = self._failed or error
            raise
        finally:
            writer.discard()
