"""The bytes of a store moved to another place: copied, verified, and only then pointed at.

1. While bytes are copied, `cairn.toml` names the place where they lay: whoever reads or writes
   does so there. What is in the new place already is not copied again, so a move that ended
   early goes on where it was.
2. `cairn.toml` names the new place once nothing lacks there, so each place that it ever names
   has everything. What others stored in between is copied after that.
3. Nothing is removed: the way back is the same move to where the bytes lay. What was erased
   since is erased there, too, before it is pointed at, and is never copied.
"""

from collections.abc import Set as AbstractSet

from cairn import config
from cairn.core.digest import Digest
from cairn.core.errors import Conflict, Invalid
from cairn.core.request import Record
from cairn.data.erasure import erased_here
from cairn.engine.local import LocalEngine
from cairn.engine.store import Store, open_bytes
from cairn.objects import ObjectStore
from cairn.objects.address import open_backend
from cairn.objects.backends.owners import claim
from cairn.objects.transfer import Progress, plan, ship
from cairn.project import Project

HOME = "store"
"""How people name the folder of the store itself, which has no address."""


class MovedObjects(Record, frozen=True):
    """What lies in the new place, and what of it was copied; empty places are the store."""

    source: str
    target: str
    objects: int
    copied: int
    copied_bytes: int


def move_objects(
    project: Project,
    to: str,
    *,
    source: str | None = None,
    on_progress: Progress | None = None,
) -> MovedObjects:
    """Copy every object to the address `to`, and let `cairn.toml` name it.

    `source` is where they lie if not where the settings say: of a store that was moved, for
    instance, what others still wrote to the old place. Raises `Conflict` if they lie at `to`
    already, the environment overrides the setting, or something is to be erased where other
    stores keep bytes; `Corrupt` if an object is damaged.
    """
    old = project.settings.objects if source is None else _address(source)
    new = _address(to)
    _require_move(project, old, new)
    engine = project.engine
    assert isinstance(engine, LocalEngine)
    here, there = _opened(engine.store, old), _opened(engine.store, new)
    if new:
        claim(open_backend(new), engine.store.about.id)
    here.hold()
    there.hold()
    gone = set(erased_here(project))
    if left := there.have(gone):
        there.erase(left)
    moving = _Moving(here, there, gone, on_progress)
    moving.copy()
    config.write_objects(project.settings.folder, new)
    moving.copy()
    return MovedObjects(
        source=old,
        target=new,
        objects=moving.objects,
        copied=moving.copied,
        copied_bytes=moving.copied_bytes,
    )


class _Moving:
    def __init__(
        self,
        here: ObjectStore,
        there: ObjectStore,
        gone: AbstractSet[Digest],
        on_progress: Progress | None,
    ) -> None:
        self._here = here
        self._there = there
        self._gone = gone
        self._on_progress = on_progress
        self.objects = self.copied = self.copied_bytes = 0

    def copy(self) -> None:
        """Copy what lacks there until nothing does: others may store something meanwhile."""
        while True:
            wanted = [digest for digest in self._here.digests() if digest not in self._gone]
            shipment = plan(self._here, self._there, wanted)
            self.objects = len(wanted)
            if shipment.objects == 0:
                return
            size = shipment.size_bytes
            ship(shipment, check_first=True, on_progress=self._on_progress)
            self.copied += shipment.objects
            self.copied_bytes += size


def _address(place: str) -> str:
    if place == HOME:
        return ""
    if "://" not in place:
        raise Invalid(
            f"{place} is not the address of a bucket: write s3://bucket/prefix, or `{HOME}` "
            "for the folder of the store"
        )
    return place


def _require_move(project: Project, old: str, new: str) -> None:
    folder = project.settings.folder
    if config.written_objects(folder) != project.settings.objects:
        raise Conflict(
            "CAIRN_OBJECTS says where the bytes lie, and not cairn.toml: unset it first"
        )
    if old == new:
        raise Conflict(f"the bytes lie at {new or HOME} already: name another place")


def _opened(store: Store, address: str) -> ObjectStore:
    return open_bytes(store.folder, store.about, address)
