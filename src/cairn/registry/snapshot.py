"""Snapshots: data is frozen."""

from collections.abc import Callable, Mapping, Sequence

from cairn.core.errors import CairnError
from cairn.core.run import Scalar
from cairn.core.snapshot import Keeping, Sampling, SnapshotInfo
from cairn.objects.folders.tree import Progress
from cairn.project import Project


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
        on_progress: Progress | None = None,
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
