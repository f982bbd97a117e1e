"""A folder becomes a tree: surveyed, read where it is not known already, and stored."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from cairn.core.errors import Invalid
from cairn.objects.backends.os_errors import reading
from cairn.objects.folders.folder import Folder, Slice, open_folder, slice_of
from cairn.objects.folders.intake import Descent, Intake, Keep, Read, read_file, read_seen
from cairn.objects.folders.intake_worker import MODULE, Settings, read_by
from cairn.objects.folders.known_files import Recall
from cairn.objects.folders.plan import UNKNOWN, Plan
from cairn.objects.folders.stored_tree import Progress, StoredTree, Tally, store_entries
from cairn.objects.folders.workers import worker_count, working
from cairn.objects.packs.batch import Batch
from cairn.objects.source import About, about_of
from cairn.objects.store import ObjectStore

Reader = Callable[[Slice, bytes, About], Read]


def freeze_folder(
    objects: ObjectStore, path: Path, folder: Folder, on_progress: Progress | None
) -> StoredTree:
    """Store what lies in a folder, durably; raises as `store_tree` does.

    A file that is as it was when a snapshot read it last is not read again.
    """
    with Recall(objects, path) as recall, Plan() as plan:
        with open_folder(path, folder.label) as top, objects.batch() as batch:
            recall.fill(plan, folder.survey(top), batch)
            if plan.files == 0:
                raise Invalid(f"{folder.label} has no files in it: name a folder with data")
            left_out = tuple(sorted(folder.left_out))
            if stored := recall.as_before(plan, batch):
                return stored._replace(left_out=left_out)
            done = Tally(plan.files, plan.size_bytes, on_progress)
            freezing = _Freezing(objects, path, folder, top=top, plan=plan)
            stored = freezing.store(batch, recall.add, done)
        recall.keep(stored)
    return stored._replace(left_out=left_out)


def freeze_file(
    objects: ObjectStore, path: Path, label: str, on_progress: Progress | None
) -> StoredTree:
    """Store one file as a tree of one entry, durably; raises as `store_tree` does."""
    with reading(label):
        about = about_of(path.stat())
    seen = slice_of(os.fsencode(path.name), about)
    with Recall(objects, path) as recall, Plan() as plan:
        with objects.batch() as batch:
            recall.fill(plan, [seen], batch)
            if stored := recall.as_before(plan, batch):
                return stored
            read = read_file(batch, None, path, seen=about, label=label)
            done = Tally(1, read.size, on_progress)
            stored = store_entries(batch, done.counted([read.entry(os.fsencode(path.name))]))
        recall.add(seen, read.digest if read.is_settled else UNKNOWN)
        recall.keep(stored)
    return stored


class _Freezing:
    """One folder on its way into a store, by this process alone or with others beside it."""

    def __init__(
        self, objects: ObjectStore, path: Path, folder: Folder, *, top: int, plan: Plan
    ) -> None:
        self._objects = objects
        self._path = path
        self._folder = folder
        self._top = top
        self._plan = plan

    def store(self, batch: Batch, keep: Keep, done: Tally) -> StoredTree:
        """Store all of it; `keep` is told what was read."""
        with (
            Descent(self._top, self._folder.call) as descent,
            self._reader(batch, descent) as read,
        ):
            intake = Intake(self._plan, descent, read=read, keep=keep)
            return store_entries(batch, done.counted(intake.entries()))

    @contextmanager
    def _reader(self, batch: Batch, descent: Descent) -> Generator[Reader, None, None]:
        """Hand out what reads one file; what was read is durable when the batch ends."""
        store = self._objects.folder
        count = worker_count(self._plan.unread_files, self._plan.unread_bytes)
        if count < 2 or store is None:  # noqa: PLR2004 (more than this process)
            yield self._here(batch, descent)
            return
        about = os.fstat(self._top)
        settings = Settings(
            objects=os.fsencode(store.absolute()),
            top=os.fsencode(self._path.absolute()),
            place=(about.st_dev, about.st_ino),
            label=self._folder.label,
        )
        with working(MODULE, settings, count=count) as workers:
            if workers is None:
                yield self._here(batch, descent)
                return
            reads = read_by(workers, self._plan.unread())

            def read(seen: Slice, _name: bytes, _about: About) -> Read:
                descent.open(seen.prefix)  # which is looked at again when it is left
                return next(reads)

            yield read
            workers.finish()

    def _here(self, batch: Batch, descent: Descent) -> Reader:
        def read(seen: Slice, name: bytes, about: About) -> Read:
            within = descent.open(seen.prefix)
            prefix, call = seen.prefix, self._folder.call
            return read_seen(batch, within, prefix=prefix, name=name, seen=about, call=call)

        return read
