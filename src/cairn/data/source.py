"""Whatever somebody wants frozen, taken to who can read it: one table of schemes.

A path is files, a frame is a table by value, and an address names its kind before `:`. Other
distributions add kinds by the entry-point group `cairn.sources`: a name is a scheme, and what
it names is called as `(project, address, options)` and returns the snapshot that it recorded.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from cairn.core.errors import CairnError, Invalid, first_line
from cairn.core.run import Scalar
from cairn.core.snapshot import Keeping, Sampling, Snapshot, SnapshotInfo
from cairn.data.addressed import is_addressed, snapshot_address
from cairn.data.files import record_snapshot, snapshot_files
from cairn.data.options import Options
from cairn.objects.folders.tree import Progress
from cairn.project import Project

GROUP = "cairn.sources"
Reader = Callable[[Project, str, Options], SnapshotInfo]


def snapshot(
    project: Project,
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
    """Freeze a path, an address or a frame, as `Registry.snapshot` says.

    Raises `Invalid` for what is none of them, and for an option that its kind does not have.
    """
    columns = (order_by,) if isinstance(order_by, str) else order_by
    options = Options(
        name,
        mode,
        order=() if order_by == "*" else None if columns is None else tuple(columns),
        parameters=parameters or {},
        sampling=sampling,
        tag=tag,
        ray=ray,
        on_progress=on_progress,
        on_unread=on_unread,
    )
    if not isinstance(data, str | os.PathLike):
        return _frame(project, data, options)
    text = os.fspath(data)  # pyright: ignore[reportUnknownVariableType] (str or bytes)
    address = os.fsdecode(text)  # pyright: ignore[reportUnknownArgumentType] (str or bytes)
    reader = reader_of(address) if isinstance(data, str) else None
    if reader is not None:
        return reader(project, address, options)
    _only(options, "files", order=False, mode=False)
    return snapshot_files(
        project,
        Path(address),
        name=options.name,
        sampling=options.sampling,
        on_progress=options.on_progress,
        on_unread=options.on_unread,
    )


def reader_of(address: str) -> Reader | None:
    """Return who reads an address; None if it is a path."""
    if is_addressed(address):
        return _lake
    scheme, separator, _ = address.partition(":")
    if not separator:
        return None
    if address.startswith(f"{scheme}://") and scheme.lower() in _SCHEMES:
        return _SCHEMES[scheme.lower()]
    return _plugin(scheme)


def _plugin(scheme: str) -> Reader | None:
    for point in entry_points(group=GROUP, name=scheme):
        try:
            reader: Reader = point.load()
        except Exception as error:
            raise Invalid(
                f"the plugin {point.value} for {scheme}: cannot be loaded: {first_line(error)}"
            ) from error
        return _guarded(reader, point.value)
    return None


def _guarded(reader: Reader, name: str) -> Reader:
    """Let no plugin end in a traceback."""

    def read(project: Project, address: str, options: Options) -> SnapshotInfo:
        try:
            return reader(project, address, options)
        except CairnError:
            raise
        except Exception as error:
            raise Invalid(f"the plugin {name} failed: {first_line(error)}") from error

    return read


def _frame(project: Project, data: object, options: Options) -> SnapshotInfo:
    from cairn.data.frames import snapshot_frame

    if options.order:
        raise Invalid("a frame has an order of its own: sort it, or ask for any order (*)")
    _only(options, "a frame", mode=False, order=True)
    return snapshot_frame(
        project,
        data,
        name=options.name,
        in_any_order=options.order == (),
        sampling=options.sampling,
    )


def _query(project: Project, address: str, options: Options) -> SnapshotInfo:
    from cairn.data.databases.take import snapshot_query

    _only(options, "a query", mode=False, order=True, parameters=True)
    return snapshot_query(
        project,
        address,
        order=options.order,
        parameters=options.parameters,
        name=options.name,
        sampling=options.sampling,
    )


def _bucket(project: Project, address: str, options: Options) -> SnapshotInfo:
    _only(options, "a bucket", order=False, mode=not options.tag)
    if options.mode == "pin":
        from cairn.data.buckets.bucket_pin import pin_bucket

        if options.ray:
            raise Invalid("a cluster copies what lies in a bucket: leave out --ray or --pin")
        return pin_bucket(
            project,
            address,
            name=options.name,
            sampling=options.sampling,
            on_progress=options.on_progress,
        )
    from cairn.data.buckets.bucket_files import snapshot_bucket

    return snapshot_bucket(
        project,
        address,
        name=options.name,
        ray=options.ray,
        sampling=options.sampling,
        on_progress=options.on_progress,
    )


def _lake(project: Project, address: str, options: Options) -> SnapshotInfo:
    _only(options, "a lake", order=False, mode=True)
    info = snapshot_address(
        project,
        address,
        name=None if options.sampling else options.name,
        mode=options.mode,
        tag=options.tag,
        on_progress=options.on_progress,
    )
    if options.sampling is None:
        return info
    source = project.objects.get_record(info.digest, Snapshot).source
    return record_snapshot(
        project, source, origin=info.origin, name=options.name, sampling=options.sampling
    )


def _only(
    options: Options, kind: str, *, order: bool, mode: bool, parameters: bool = False
) -> None:
    """Raise `Invalid` for an option that this kind of data does not have."""
    if not mode and (options.mode == "pin" or options.tag):
        raise Invalid(
            f"only lakes, versions of S3 and DVC outputs can be pinned: {kind} may change any "
            "time"
        )
    if not order and options.order is not None:
        raise Invalid(f"rows are ordered for queries and frames: leave it out for {kind}")
    if not parameters and options.parameters:
        raise Invalid(f"parameters are for queries: leave them out for {kind}")


_SCHEMES: Mapping[str, Reader] = {
    **dict.fromkeys(("postgresql", "postgres", "sqlite", "duckdb"), _query),
    **dict.fromkeys(("s3", "gs", "az"), _bucket),
}
