"""Delta Lake tables by version, in the layout of the Delta transaction log protocol.

A snapshot has the version's active data files, and the log from the last checkpoint up to the
version. So what is restored is a table again, at the same version, for any reader.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from cairn.core.errors import Corrupt, Invalid, NotFound, Refused, first_line
from cairn.core.snapshot import DeltaTable, Keeping, SnapshotInfo
from cairn.data.buckets.bucket import list_bucket
from cairn.data.files import check_name, record_snapshot
from cairn.data.lakes.delta_features import V2_CHECKPOINT, check_features, refuse
from cairn.data.lakes.delta_layout import library
from cairn.data.lakes.files import Listed, plain, take_files
from cairn.data.lakes.location import recorded
from cairn.data.lakes.rows import describe_lake
from cairn.objects.backends.os_errors import reading
from cairn.objects.folders.tree import Progress
from cairn.project import Project

if TYPE_CHECKING:
    import deltalake

LOG = "_delta_log"
WEEK_SECONDS = 7 * 24 * 3600
_COMMIT = re.compile(r"(?P<version>[0-9]{20})\.json")
_CHECKPOINT = re.compile(
    r"(?P<version>[0-9]{20})\.checkpoint(\.(?P<part>[0-9]{10})\.(?P<parts>[0-9]{10}))?\.parquet"
)
_RETENTION = re.compile(r"interval\s+([0-9]+)\s+(\w+?)s?", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_V2_CHECKPOINT = re.compile(r"[0-9]{20}\.checkpoint\.[0-9a-f-]{36}\.(json|parquet)")


class Log(NamedTuple):
    """The files of a table's log: commits by version, and the files of each checkpoint."""

    commits: dict[int, str]
    checkpoints: dict[int, tuple[str, ...]]
    has_v2_checkpoints: bool = False

    @property
    def newest(self) -> int:
        """The newest version."""
        return max((*self.commits, *self.checkpoints))


def snapshot_delta(
    project: Project,
    location: str,
    *,
    version: int | None = None,
    name: str | None = None,
    mode: Keeping = "copy",
    on_progress: Progress | None = None,
) -> SnapshotInfo:
    """Freeze one version of a Delta table; without one, the newest is resolved and recorded.

    Raises `NotFound` for no such table or version or files that were vacuumed, `Refused` for
    a table whose rows cannot be read from its data files alone, `Corrupt` for a broken one.
    """
    check_name(name)
    lies = plain(location)
    log = read_log(lies)
    at = log.newest if version is None else version
    logged = segment(log, at, lies)
    files = [Listed(f"{lies.rstrip('/')}/{LOG}/{name}") for name in logged]
    table = _open(lies, at)
    check_features(table, lies, logged)
    files += active_files(table, lies)
    stored = take_files(project.objects, files, lies, mode=mode, on_progress=on_progress)
    source = DeltaTable(
        tree=stored.digest,
        mode=mode,
        location=recorded(project, lies),
        table_id=str(table.metadata().id),
        version=at,
        retention_seconds=retention_seconds(table.metadata().configuration),
    )
    origin = f"delta://{recorded(project, lies)}@{at}"
    profile = describe_lake(project, source)
    return record_snapshot(project, source, origin=origin, name=name, profile=profile)


def read_log(location: str) -> Log:
    """List the log of a table; raises `NotFound` if there is none."""
    names = _log_names(location)
    commits = {int(m["version"]): n for n in names if (m := _COMMIT.fullmatch(n))}
    if not commits and not any(_CHECKPOINT.fullmatch(n) for n in names):
        raise NotFound(
            f"{location} is not a Delta table: there is no {LOG}/ with commits in it"
        )
    return Log(commits, _checkpoints(names), any(map(_V2_CHECKPOINT.fullmatch, names)))


def segment(log: Log, version: int, location: str) -> tuple[str, ...]:
    """List the files of the log that make up a version: last checkpoint, commits after it.

    Raises `NotFound` for a version that the log does not have any more, or not yet, `Refused`
    for one that only a checkpoint of the second kind has.
    """
    if not 0 <= version <= log.newest:
        raise NotFound(f"{location} has no version {version}: its newest is {log.newest}")
    start = max((at for at in log.checkpoints if at <= version), default=-1)
    needed = range(start + 1, version + 1)
    if missing := [at for at in needed if at not in log.commits]:
        if log.has_v2_checkpoints:
            refuse(location, [V2_CHECKPOINT])
        raise NotFound(
            f"version {version} of {location} cannot be read any more: the log was cleaned up "
            f"(commit {missing[0]} is gone); name a newer one"
        )
    return (*log.checkpoints.get(start, ()), *(log.commits[at] for at in needed))


def active_files(table: "deltalake.DeltaTable", location: str) -> list[Listed]:
    """List the data files of a version, with the sizes that its log gives."""
    rows: Any = table.get_add_actions(flatten=True)
    paths, sizes = (rows.column(name).to_pylist() for name in ("path", "size_bytes"))
    files: list[Listed] = []
    for path, size in zip(paths, sizes, strict=True):
        name = unquote(path)
        if "://" in name or name.startswith("/"):
            raise Refused(
                f"{location} is a shallow clone: it reads {name}, a file of another table",
                fix="snapshot the table that it was cloned from, or make a deep clone",
            )
        files.append(Listed(f"{location.rstrip('/')}/{name}", size))
    return files


def retention_seconds(configuration: dict[str, str]) -> int | None:
    """Read how long files that are active no more are kept: a week, unless the table says."""
    text = configuration.get("delta.deletedFileRetentionDuration")
    if text is None:
        return WEEK_SECONDS
    found = _RETENTION.fullmatch(text.strip())
    if found is None or found[2].lower() not in _SECONDS:
        return None
    return int(found[1]) * _SECONDS[found[2].lower()]


def _log_names(location: str) -> list[str]:
    if "://" in location:
        return list_bucket(location, f"{LOG}/")
    with reading(location):
        if not Path(location).exists():
            raise NotFound(f"there is nothing at {location}: check the path of the table")
        folder = Path(location) / LOG
        return [path.name for path in folder.iterdir()] if folder.is_dir() else []


def _checkpoints(names: list[str]) -> dict[int, tuple[str, ...]]:
    """Group the files of checkpoints that are whole."""
    found: dict[int, list[re.Match[str]]] = {}
    for name in sorted(names):
        if match := _CHECKPOINT.fullmatch(name):
            found.setdefault(int(match["version"]), []).append(match)
    return {at: whole for at, files in found.items() if (whole := _whole(files))}


def _whole(files: list[re.Match[str]]) -> tuple[str, ...]:
    """Return the files of a checkpoint: the single one, or all of its parts; else nothing."""
    single = tuple(file[0] for file in files if file["parts"] is None)
    parts = tuple(file[0] for file in files if file["parts"] is not None)
    announced = {int(file["parts"]) for file in files if file["parts"] is not None}
    return single[:1] or (parts if announced == {len(parts)} else ())


def _open(location: str, version: int) -> "deltalake.DeltaTable":
    library()
    import deltalake
    from deltalake.exceptions import DeltaError

    try:
        return deltalake.DeltaTable(location, version=version)
    except (DeltaError, OSError, ValueError) as error:
        what = first_line(error)
        if "not supported" in what or "Column mapping" in what or "Unsupported" in what:
            raise Refused(
                f"{location} cannot be read: {what}",
                fix="copy the table into one without this feature, and snapshot that",
            ) from error
        raise Corrupt(
            f"the log of {location} cannot be read at version {version}: {what}"
        ) from error


def read_reference(text: str) -> tuple[str, int | None]:
    """Read what stands behind `delta://`: `PATH`, `PATH@VERSION`, `PATH?version=VERSION`.

    Raises `Invalid` for a version that is not a number.
    """
    path, separator, version = text.rpartition("@")
    if "?version=" in text:
        path, separator, version = text.partition("?version=")
    if not separator or "/" in version:
        return text, None
    if not version.isdecimal():
        raise Invalid(
            f"{version!r} is not a version of a Delta table: it is a number, as in @3"
        )
    return path, int(version)
