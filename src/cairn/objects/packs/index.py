"""Which packs there are and where in them each blob lies.

The packs say it themselves, at their ends; this remembers it, in a file beside them for the
next process. Packs that other processes add or remove are noticed when the backend can tell
that its list has changed, and else when something is not found.
"""

import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from cairn.core.errors import CairnError, Corrupt, NotFound
from cairn.objects.backends.backend import Backend, Found
from cairn.objects.packs.blob import Cipher, Row
from cairn.objects.packs.index_file import (
    ENTRY,
    ID_BYTES,
    ROW_BYTES,
    Entry,
    IndexFile,
    open_index,
    write_index,
)
from cairn.objects.packs.pack import (
    INDEX_ROW_BYTES,
    PACK_BYTES,
    UNDER,
    Pack,
    index_of,
    read_index,
)
from cairn.objects.packs.salvage import salvage

TOMBS = "tombs/"
_NAME = re.compile(r"[0-9a-f]{64}")
_NO_PACK = "0" * 64
_UNKNOWN = -1
_MOST_RECENT_ROWS = 250_000
_GATHERED = 1000
_FEW_PACKS = 16
_FEW_ROWS = 5_000
_ROWS_A_PACK = 5_000
"""Writing so many rows to the file takes as long as reading the index of one pack."""
_LARGEST_PACK = 4 * PACK_BYTES
"""None is written that has more; one that has is not read whole to be mended."""
_READERS = 8


class Place(NamedTuple):
    """Where a blob lies: the name of the pack, and its row there."""

    pack: str
    row: Row


@runtime_checkable
class Watched(Protocol):
    """A backend that tells cheaply whether a list has changed, and names what is in it."""

    def stamp(self, under: str) -> int | None:
        """Return what differs once the list does; None if that cannot be told just now."""
        ...

    def names(self, under: str) -> Sequence[str]:
        """Name what lies right below a folder, in any order, without asking about each."""
        ...


class Index:
    """The blobs of all packs in a backend."""

    def __init__(
        self, backend: Backend, *, cache: Path | None = None, cipher: Cipher | None = None
    ) -> None:
        self._backend = backend
        self._is_watched = isinstance(backend, Watched)  # too slow to ask for every object
        self._cache = cache
        self._cipher = cipher
        self._changing = threading.Lock()
        self._forget()

    def refresh(self, *, surely: bool = False) -> None:
        """Take notice of packs that came or went since."""
        with self._changing:
            self._load()
            stamp = self._stamp()
            same = stamp is not None and stamp == self._seen
            if same and not (surely or self.unread):
                return
            sizes = self._look()
            self._drop(self._numbers.keys() - sizes.keys())
            self._read([(name, sizes[name]) for name in sizes.keys() - self._numbers.keys()])
            self._seen = stamp
            self._save_if_due()

    def refresh_if_cheap(self) -> None:
        """Do as `refresh` where that costs next to nothing, or where nothing is known yet."""
        if self._loaded is False or self._is_watched:
            self.refresh()

    def add(self, pack: Pack) -> None:
        """Take notice of a pack that was placed just now."""
        with self._changing:
            if pack.name not in self._numbers:
                self._remember(pack.name, index_of(pack.rows))
            if len(self._recent) >= _MOST_RECENT_ROWS:
                self._save()

    def drop(self, names: Iterable[str]) -> None:
        """Take notice of packs that were removed just now."""
        with self._changing:
            self._drop(name for name in names if name in self._numbers)

    def keep(self) -> None:
        """Spare the next process work, if it would have much of it."""
        with self._changing:
            self._save_if_due()

    def packs(self) -> frozenset[str]:
        """Name all packs, without looking for new ones."""
        return frozenset(self._numbers)

    def find(self, id_: bytes) -> list[Place]:
        """Say where a blob lies, by its id as it stands in packs; newest packs first."""
        recent = self._recent.get(id_, b"")
        entries = map(Entry._make, ENTRY.iter_unpack(recent))
        if self._file is not None:
            kept = (Entry._make(ENTRY.unpack(entry)) for entry in self._file.find(id_))
            entries = chain(entries, kept)
        return [
            Place(self._names[entry.pack], entry.row(id_))
            for entry in entries
            if entry.pack not in self._gone
        ]

    def has(self, id_: bytes) -> bool:
        """Tell whether a blob is in a pack."""
        if id_ in self._recent and not self._gone:
            return True
        return bool(self.find(id_))

    def have(self, ids: Collection[bytes]) -> set[bytes]:
        """Return which of many blobs are in packs."""
        recent = {id_ for id_ in ids if id_ in self._recent and self.has(id_)}
        return recent | (self._file.have(ids, self._gone) if self._file else set())

    def places(self) -> Iterator[tuple[bytes, list[Place]]]:
        """Yield every blob with its places as they are at the start, ascending by id."""
        names, gone = self._names, frozenset(self._gone)
        last, places = b"", list[Place]()
        for row in self._rows():
            id_, entry = row[:ID_BYTES], Entry._make(ENTRY.unpack(row[ID_BYTES:]))
            if id_ != last:
                if places:
                    yield last, places
                last, places = id_, []
            if entry.pack not in gone:
                places.append(Place(names[entry.pack], entry.row(id_)))
        if places:
            yield last, places

    def doubt(self) -> bool:
        """Check every row of the file; True if it was broken and is made again."""
        if self._file is None or self._trusted or self._file.is_intact():
            self._trusted = True
            return False
        with self._changing:
            self._forget()
            self._loaded = True
        self.refresh()
        return True

    def _forget(self) -> None:
        self._file: IndexFile | None = None
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._gone: set[int] = set()
        self._recent: dict[bytes, bytes] = {}
        self._recent_packs = 0
        self._seen: int | None = None
        self._loaded = False
        self._trusted = False
        self.unread: dict[str, CairnError] = {}

    def _load(self) -> None:
        """Take over what an earlier process remembered."""
        if self._loaded:
            return
        self._loaded = True
        self._file = open_index(self._cache) if self._cache else None
        if self._file is not None:
            self._take_names(self._file.names)
            self._seen = self._file.stamp if self._file.stamp != _UNKNOWN else None

    def _stamp(self) -> int | None:
        return self._backend.stamp(UNDER) if isinstance(self._backend, Watched) else None

    def _look(self) -> Mapping[str, int | None]:
        """Name the packs that there are, with their sizes if they come with the names."""
        if isinstance(self._backend, Watched):
            return dict.fromkeys(filter(_NAME.fullmatch, self._backend.names(UNDER)))
        return {name: found.size for name, found in listed(self._backend)}

    def _drop(self, names: Iterable[str]) -> None:
        for name in names:
            self._gone.add(self._numbers.pop(name))
        if self._cache is None and len(self._gone) > _FEW_PACKS + len(self._numbers):
            self._forget()  # more of the index is gone than is left
            self._loaded = True

    def _read(self, packs: list[tuple[str, int | None]]) -> None:
        """Read the indexes of packs, several at a time where there are many."""
        self.unread = {}
        if len(packs) <= _FEW_PACKS:
            for name, index in map(self._index_of, packs):
                self._remember(name, index)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_READERS) as readers:
            for name, index in readers.map(self._index_of, packs):
                self._remember(name, index)

    def _index_of(self, pack: tuple[str, int | None]) -> tuple[str, bytes | None]:
        name, size = pack
        try:
            if size is None:
                size = self._backend.size(UNDER + name)
            return name, read_index(self._backend, name, size)
        except Corrupt:
            return name, self._salvaged(name, size or 0)
        except NotFound:  # removed since it was listed
            return name, None
        except CairnError as error:
            self.unread[name] = error
            return name, None

    def _salvaged(self, name: str, size: int) -> bytes:
        if size > _LARGEST_PACK:
            return b""
        return index_of(salvage(self._backend.read(UNDER + name), self._cipher))

    def _remember(self, name: str, index: bytes | None) -> None:
        """Take over the rows of a pack; an entry is a row with a number instead of its id."""
        if index is None:
            return
        number = self._numbers[name] = len(self._names)
        self._names.append(name)
        self._recent_packs += 1
        recent, prefix = self._recent, number.to_bytes(4, "little")
        for at in range(0, len(index), INDEX_ROW_BYTES):
            id_ = index[at : at + ID_BYTES]
            entry = prefix + index[at + ID_BYTES : at + INDEX_ROW_BYTES]
            recent[id_] = entry + recent[id_] if id_ in recent else entry

    def _save_if_due(self) -> None:
        kept = self._file.count if self._file else 0
        many_packs = self._recent_packs > _FEW_PACKS + kept // _ROWS_A_PACK
        if many_packs or len(self._recent) > min(_FEW_ROWS + kept // 4, _MOST_RECENT_ROWS):
            self._save()

    def _save(self) -> None:
        if self._cache is None:
            return
        stamp = _UNKNOWN if self._seen is None else self._seen
        if self._file is None or self._is_mostly_gone(self._file):
            names, rows = list(self._numbers), self._renumbered()
        else:
            names, rows = self._known_names(), self._slices(self._file)
        write_index(self._cache, names, _gathered(rows), stamp=stamp)
        written = open_index(self._cache)
        if written is None or written.names != names:
            return  # the disk took none, or another process was later: go on as before
        self._file, self._trusted = written, False
        self._recent, self._recent_packs = {}, 0
        self._take_names(names)

    def _take_names(self, names: list[str]) -> None:
        self._names = names
        self._numbers = {name: at for at, name in enumerate(names) if name != _NO_PACK}
        self._gone = set(range(len(names))).difference(self._numbers.values())

    def _known_names(self) -> list[str]:
        return [_NO_PACK if at in self._gone else name for at, name in enumerate(self._names)]

    def _is_mostly_gone(self, file: IndexFile) -> bool:
        """Tell whether most rows are of packs that went away, from some that lie evenly."""
        some = file.sample() if self._gone else ()
        return 2 * sum(number in self._gone for number in some) > len(some)

    def _renumbered(self) -> Iterator[bytes]:
        """Yield the rows of packs that are there, these counted anew."""
        numbers = {
            at.to_bytes(4, "little"): number.to_bytes(4, "little")
            for number, at in enumerate(self._numbers.values())
        }
        end = ID_BYTES + 4
        for row in self._rows():
            if number := numbers.get(row[ID_BYTES:end]):
                yield row[:ID_BYTES] + number + row[end:]

    def _slices(self, file: IndexFile) -> Iterator[bytes]:
        """Yield all rows in order, most of them as they lie in the file."""
        place = 0
        for row in self._recent_rows():
            at = file.lower(row[:ID_BYTES])
            yield from file.slices(place, at)
            yield row
            place = at
        yield from file.slices(place)

    def _rows(self) -> Iterator[bytes]:
        kept = self._file.slices() if self._file else ()
        rows = (
            slice_[at : at + ROW_BYTES]
            for slice_ in kept
            for at in range(0, len(slice_), ROW_BYTES)
        )
        return merge(self._recent_rows(), rows, key=_id)

    def _recent_rows(self) -> Iterator[bytes]:
        recent = self._recent
        for id_ in sorted(recent):
            entries = recent[id_]
            for at in range(0, len(entries), ENTRY.size):
                yield id_ + entries[at : at + ENTRY.size]


def _gathered(slices: Iterable[bytes]) -> Iterator[bytes]:
    """Put rows together that come one by one."""
    rows: list[bytes] = []
    for slice_ in slices:
        rows.append(slice_)
        if len(rows) >= _GATHERED:
            yield b"".join(rows)
            rows.clear()
    yield b"".join(rows)


def listed(backend: Backend) -> Iterator[tuple[str, Found]]:
    """Yield the packs in a backend by name, ascending."""
    for found in backend.list(UNDER):
        name = found.key.removeprefix(UNDER)
        if _NAME.fullmatch(name):
            yield name, found


def _id(row: bytes) -> bytes:
    return row[:ID_BYTES]
