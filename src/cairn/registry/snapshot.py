"""Snapshots: data is frozen."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from cairn.core.errors import CairnError
from cairn.core.pin import GetPin, PinCheck
from cairn.core.run import Scalar
from cairn.core.snapshot import Keeping, Sampling, SnapshotInfo
from cairn.project import Project

if TYPE_CHECKING:
    from cairn.data.comparison.difference import SnapshotDiff
    from cairn.data.comparison.overlap import Overlap
    from cairn.data.files import Verified
    from cairn.data.pins import Checked
    from cairn.objects.folders.tree import Progress


class WithSnapshots(Project):
    """What is done with data."""

    def snapshot(
        self,
        data: object,
        *,
        name: str | None = None,
        mode: Keeping = "copy",
        order_by: str | Sequence[str] | None = None,
        parameters: Mapping[str, Scalar] | None = None,
        sampling: Sampling | None = None,
        tag: str = "",
        ray: str = "",
        on_progress: "Progress | None" = None,
        on_unread: Callable[[CairnError], None] | None = None,
    ) -> SnapshotInfo:
        """Freeze data; the same again gives the same digest.

        `data` is a path, a frame (of pandas, Polars, Arrow, DuckDB) or an address:
        `postgresql://host/shop?query=SELECT ...`, `delta://...`, `dvc:...`. `order_by` names
        the columns that tell the rows of a query apart; "*" sorts by all columns. `tag` is set
        on an Iceberg snapshot in its catalog, and `ray` is the address of a cluster that reads
        a bucket. `on_progress` is told files and bytes, done and in all; `on_unread` of each
        file that was frozen and not read as the table that its name says.
        """
        from cairn.data.source import snapshot

        return snapshot(
            self,
            data,
            name=name,
            mode=mode,
            order_by=order_by,
            parameters=parameters,
            sampling=sampling,
            tag=tag,
            ray=ray,
            on_progress=on_progress,
            on_unread=on_unread,
        )

    def recipe(
        self,
        command: Sequence[str],
        *,
        code: str | PathLike[str],
        of: Sequence[str] = (),
        name: str | None = None,
        mode: Keeping = "copy",
    ) -> SnapshotInfo:
        """Run a command twice, and record what it wrote if that is the same both times.

        `code` is what the command needs, and is kept; `of` are snapshots that it reads.
        """
        from cairn.data.recipe import snapshot_recipe

        return snapshot_recipe(self, command, code=Path(code), of=of, name=name, mode=mode)

    def rebuild_snapshot(self, snapshot: str, into: str | PathLike[str]) -> SnapshotInfo:
        """Run a snapshot's recipe again into a new folder; `Corrupt` for any other bytes."""
        from cairn.data.recipe import rebuild

        return rebuild(self, snapshot, Path(into))

    def restore(
        self,
        snapshot: str,
        into: str | PathLike[str],
        *,
        on_progress: "Progress | None" = None,
    ) -> SnapshotInfo:
        """Write a snapshot's files, every byte verified, into a new or empty folder."""
        from cairn.data.restore import restore

        return restore(self, snapshot, Path(into), on_progress=on_progress)

    def verify_snapshot(self, snapshot: str) -> "Verified":
        """Read every byte of a snapshot that is kept here; `Corrupt` names the files."""
        from cairn.data.files import verify

        return verify(self, snapshot)

    def check_pin(self, snapshot: str, *, on_progress: "Progress | None" = None) -> "Checked":
        """Read a pinned snapshot where it lies, and record which files are intact."""
        from cairn.data.pins import check_pin

        return check_pin(self, self.find_snapshot(snapshot), on_progress=on_progress)

    def pin(self, snapshot: str) -> PinCheck | None:
        """Read what the last check of a pinned snapshot found; None if there was none."""
        return self.engine.send(GetPin(snapshot=self.find_snapshot(snapshot).digest))

    def diff_snapshots(
        self, before: str, after: str, *, key: Sequence[str] = (), file: str = ""
    ) -> "SnapshotDiff":
        """List what changed: files, columns, rows by their key, and how values are spread."""
        from cairn.data.comparison.difference import diff_snapshots

        return diff_snapshots(self, before, after, key=key, file=file)

    def overlap(
        self, first: str, second: str, *, key: Sequence[str] = (), file: str = ""
    ) -> "Overlap":
        """Count the rows of the second snapshot that are in the first as well."""
        from cairn.data.comparison.overlap import overlap

        return overlap(self, first, second, key=key, file=file)
