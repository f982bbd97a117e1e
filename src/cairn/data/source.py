"""Whatever somebody wants frozen, taken to who can read it: one table of schemes.

A path is files, a frame is a table by value, and an address names its kind before `:`. Other
distributions add kinds by the entry-point group `cairn.sources`: a name is a scheme, and what
it names is called as `(registry, address, wish)` and returns the snapshot that it recorded.
"""

import os
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path

from cairn.core.errors import CairnError, Invalid, first_line
from cairn.core.snapshot import Snapshot, SnapshotInfo
from cairn.data.addressed import is_addressed, snapshot_address
from cairn.data.files import record_snapshot, snapshot_files
from cairn.registry import Registry
from cairn.work import Wish

GROUP = "cairn.sources"
Reader = Callable[[Registry, str, Wish], SnapshotInfo]


def snapshot(registry: Registry, data: object, wish: Wish) -> SnapshotInfo:
    """Freeze a path, an address or a frame.

    Raises `Invalid` for what is none of them, and for a wish that its kind cannot fulfil.
    """
    if not isinstance(data, str | os.PathLike):
        return _frame(registry, data, wish)
    text = os.fspath(data)  # pyright: ignore[reportUnknownVariableType] (str or bytes)
    address = os.fsdecode(text)  # pyright: ignore[reportUnknownArgumentType] (str or bytes)
    reader = reader_of(address) if isinstance(data, str) else None
    if reader is not None:
        return reader(registry, address, wish)
    _only(wish, "files", order=False, mode=False)
    return snapshot_files(
        registry,
        Path(address),
        name=wish.name,
        sampling=wish.sampling,
        on_progress=wish.on_progress,
        on_unread=wish.on_unread,
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

    def read(registry: Registry, address: str, wish: Wish) -> SnapshotInfo:
        try:
            return reader(registry, address, wish)
        except CairnError:
            raise
        except Exception as error:
            raise Invalid(f"the plugin {name} failed: {first_line(error)}") from error

    return read


def _frame(registry: Registry, data: object, wish: Wish) -> SnapshotInfo:
    from cairn.data.frames import snapshot_frame

    if wish.order:
        raise Invalid("a frame has an order of its own: sort it, or ask for any order (*)")
    _only(wish, "a frame", mode=False, order=True)
    return snapshot_frame(
        registry,
        data,
        name=wish.name,
        in_any_order=wish.order == (),
        sampling=wish.sampling,
    )


def _query(registry: Registry, address: str, wish: Wish) -> SnapshotInfo:
    from cairn.data.databases.take import snapshot_query

    _only(wish, "a query", mode=False, order=True, parameters=True)
    return snapshot_query(
        registry,
        address,
        order=wish.order,
        parameters=wish.parameters,
        name=wish.name,
        sampling=wish.sampling,
    )


def _bucket(registry: Registry, address: str, wish: Wish) -> SnapshotInfo:
    _only(wish, "a bucket", order=False, mode=not wish.tag)
    if wish.mode == "pin":
        from cairn.data.buckets.bucket_pin import pin_bucket

        if wish.ray:
            raise Invalid("a cluster copies what lies in a bucket: leave out --ray or --pin")
        return pin_bucket(
            registry,
            address,
            name=wish.name,
            sampling=wish.sampling,
            on_progress=wish.on_progress,
        )
    from cairn.data.buckets.bucket_files import snapshot_bucket

    return snapshot_bucket(
        registry,
        address,
        name=wish.name,
        ray=wish.ray,
        sampling=wish.sampling,
        on_progress=wish.on_progress,
    )


def _lake(registry: Registry, address: str, wish: Wish) -> SnapshotInfo:
    _only(wish, "a lake", order=False, mode=True)
    info = snapshot_address(
        registry,
        address,
        name=None if wish.sampling else wish.name,
        mode=wish.mode,
        tag=wish.tag,
        on_progress=wish.on_progress,
    )
    if wish.sampling is None:
        return info
    source = registry.objects.get_record(info.digest, Snapshot).source
    return record_snapshot(
        registry, source, origin=info.origin, name=wish.name, sampling=wish.sampling
    )


def _only(wish: Wish, kind: str, *, order: bool, mode: bool, parameters: bool = False) -> None:
    """Raise `Invalid` for a wish that this kind of data has no answer to."""
    if not mode and (wish.mode == "pin" or wish.tag):
        raise Invalid(
            f"only lakes, versions of S3 and DVC outputs can be pinned: {kind} may change any "
            "time"
        )
    if not order and wish.order is not None:
        raise Invalid(f"rows are ordered for queries and frames: leave it out for {kind}")
    if not parameters and wish.parameters:
        raise Invalid(f"parameters are for queries: leave them out for {kind}")


_SCHEMES: Mapping[str, Reader] = {
    **dict.fromkeys(("postgresql", "postgres", "sqlite", "duckdb"), _query),
    **dict.fromkeys(("s3", "gs", "az"), _bucket),
}
