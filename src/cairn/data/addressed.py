"""Data that is named by an address: tables and commits of lakes, outputs of DVC projects.

delta://PATH@VERSION              delta://PATH?version=VERSION
iceberg://CATALOG/NS.TABLE@ID     iceberg://PATH.metadata.json@ID
lakefs://REPOSITORY/REF/PATH      dvc:PATH@REVISION

What stands behind @ may be left out: the newest is resolved then, and recorded, so nothing
that is called a snapshot is ever a live table.
"""

import re
from pathlib import Path

from cairn.core.errors import Invalid
from cairn.core.snapshot import Keeping, SnapshotInfo
from cairn.objects.folders.tree import Progress
from cairn.project import Project

_ADDRESS = re.compile(
    r"(?P<kind>delta|iceberg|lakefs)://(?P<lake>.+)|dvc:(?P<dvc>.+)", re.DOTALL
)


def is_addressed(text: str) -> bool:
    """Tell whether a text is the address of something that can be snapshotted so."""
    return _ADDRESS.fullmatch(text) is not None


def snapshot_address(
    project: Project,
    address: str,
    *,
    name: str | None = None,
    mode: Keeping = "copy",
    tag: str = "",
    on_progress: Progress | None = None,
) -> SnapshotInfo:
    """Freeze what an address names: copied, or pinned where it lies.

    `tag` is set on an Iceberg snapshot in its catalog. Raises `Invalid` for no such address,
    and what the reader of its kind raises.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise Invalid(
            f"{address!r} is not an address of a lake or of DVC: delta://, iceberg://, ..."
        )
    if tag and found["kind"] != "iceberg":
        raise Invalid("a tag is set on Iceberg tables alone: leave it out")
    match found["kind"]:
        case "delta":
            from cairn.data.lakes import delta

            place, version = delta.read_reference(found["lake"])
            return delta.snapshot_delta(
                project, place, version=version, name=name, mode=mode, on_progress=on_progress
            )
        case "iceberg":
            from cairn.data.lakes import iceberg

            table = iceberg.read_reference(found["lake"])
            return iceberg.snapshot_iceberg(
                project, table, name=name, mode=mode, tag=tag, on_progress=on_progress
            )
        case "lakefs":
            from cairn.data.lakes import lakefs

            commit = lakefs.read_reference(found["lake"])
            return lakefs.snapshot_lakefs(
                project, commit, name=name, mode=mode, on_progress=on_progress
            )
        case _:
            from cairn.data.dvc.take import snapshot_dvc

            path, revision = read_dvc(found["dvc"])
            return snapshot_dvc(
                project,
                path,
                revision=revision,
                name=name,
                mode=mode,
                on_progress=on_progress,
            )


def read_dvc(text: str) -> tuple[str, str | None]:
    """Read `PATH` or `PATH@REVISION`; a path that is there is not cut at an `@` within it."""
    path, separator, revision = text.rpartition("@")
    is_there = Path(text).exists() or Path(f"{text}.dvc").exists()
    return (path, revision) if separator and path and not is_there else (text, None)
