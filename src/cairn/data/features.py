"""Features: the files that say and compute them, versioned with the model and compared later.

`[model.churn] features = ["features/*.py", "features.yaml"]` in cairn.toml names them. They
become a tree whose digest is part of the version, so another definition is another version;
and whoever serves the model can ask whether it would be served with the same ones, and with
values that are spread like those it was trained on.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cairn.core.digest import Digest, digest_bytes
from cairn.core.errors import Invalid, NotFound
from cairn.core.request import Record
from cairn.core.secret import require_plain
from cairn.core.tree import FILE, Entry, escape
from cairn.core.version import Version
from cairn.data.comparison.column_diff import ColumnDiff, diff_columns
from cairn.data.comparison.relation import Column, Relations
from cairn.data.comparison.shared_columns import meet
from cairn.data.tables.table_files import DELIMITERS, TableFiles, suffix_of, tables_of
from cairn.flavors import read_frame
from cairn.flavors.frames.plain_table import unnamed
from cairn.objects import ObjectStore
from cairn.objects.folders.stored_tree import store_entries
from cairn.objects.folders.tree import restore_tree, tree_entries
from cairn.project import Project

_CAPTURED = b"features/frame.json"
"""What a frame has that `cairn run` captured beside its labels."""


class FeatureSkew(Record, frozen=True):
    """How features here differ from those of a version, by path; `missing` are not here."""

    version: str
    spec: Digest
    files: int
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def is_skewed(self) -> bool:
        """Whether anything differs."""
        return bool(self.changed or self.missing or self.added)


class RowSkew(Record, frozen=True):
    """How logged rows differ from the rows that a version was trained on.

    Names and types of columns that only one has or that differ, and how the values of the
    others are spread, what moved most first.
    """

    version: str
    trained: int
    logged: int
    missing: dict[str, str]
    added: dict[str, str]
    retyped: dict[str, str]
    columns: tuple[ColumnDiff, ...]

    @property
    def is_skewed(self) -> bool:
        """Whether a column is missing, has another type, or moved."""
        moved = any(column.shifted for column in self.columns)
        return bool(self.missing or self.retyped or moved)


def store_features(
    objects: ObjectStore, folder: Path, patterns: Sequence[str]
) -> Digest | None:
    """Store the files that the patterns name in a folder, as a tree; None without patterns.

    Raises `Invalid` for a pattern that names no file: a definition that went missing, and for
    a file with a secret in it: every version would keep it.
    """
    if not patterns:
        return None
    files = list(_named(folder, patterns))
    for path, content in files:
        require_plain(f"{escape(path)}, a file of features,", content)
    with objects.batch() as batch:
        entries = [
            Entry(path, FILE, len(content), batch.put(content)) for path, content in files
        ]
        return store_entries(batch, entries).digest


def check_features(project: Project, reference: str, folder: Path) -> FeatureSkew:
    """Compare the feature files in a folder with those that a version was trained with.

    Raises `NotFound` for a version that was made without any.
    """
    version = project.version(reference)
    spec = _spec(version)
    then = {entry.path: entry.digest for entry in tree_entries(project.objects, spec)}
    settings = project.settings.model(version.model)
    try:
        found = dict(_named(folder, settings.features or [escape(path) for path in then]))
    except Invalid:
        found = {p: c for p in then if (c := _content(folder, escape(p))) is not None}
    now = {path: digest_bytes(content) for path, content in found.items()}
    both = then.keys() & now.keys()
    return FeatureSkew(
        version=version.name,
        spec=spec,
        files=len(then),
        changed=_paths(path for path in both if then[path] != now[path]),
        missing=_paths(then.keys() - now.keys()),
        added=_paths(now.keys() - then.keys()),
    )


def check_rows(project: Project, reference: str, rows: Path) -> RowSkew:
    """Compare logged rows, a CSV or Parquet file, with the rows a version was trained on.

    Only the model's own inputs are compared, where it is known which they are: whoever asks
    for a prediction knows neither label nor id. Raises `NotFound` for a version without
    training data, `Invalid` if that is not one table.
    """
    version = project.version(reference)
    with (
        Relations(project.objects, project.settings.folder) as tables,
        TemporaryDirectory(prefix="cairn-") as room,
    ):
        before = _trained_on(project, version, tables, Path(room))
        meeting = meet(tables, before, tables.add_file("after", rows))
        taken = _inputs(version, [column.name for column in before])
        numbers = {each.name for each in meeting.shared if each.kind != "VARCHAR"}
        is_text = suffix_of(rows.name) in DELIMITERS  # whose whole numbers may be any number
        (trained,), (logged,) = (
            tables.row(query) for query in ("SELECT count(*) FROM a", "SELECT count(*) FROM b")
        )
        return RowSkew(
            version=version.name,
            trained=trained,
            logged=logged,
            missing={name: kind for name, kind in meeting.removed.items() if name in taken},
            added=meeting.added,
            retyped={
                name: kinds
                for name, kinds in meeting.retyped.items()
                if name in taken and not (is_text and name in numbers)
            },
            columns=diff_columns(tables, [c for c in meeting.shared if c.name in taken]),
        )


def _spec(version: Version) -> Digest:
    if version.manifest.feature_spec is None:
        raise NotFound(
            f"{version.name} was made without feature files: name them in cairn.toml, "
            f'[model.{version.model.partition("/")[2]}] features = ["features/*.py"]'
        )
    return version.manifest.feature_spec


def _inputs(version: Version, columns: Sequence[str]) -> frozenset[str]:
    """Name the columns that the model takes; all, where it does not say or says others."""
    signature = version.manifest.signature
    named = frozenset(name for name, _ in signature.inputs) if signature else frozenset[str]()
    return named if named and named <= frozenset(columns) else frozenset(columns)


def _trained_on(
    project: Project, version: Version, tables: Relations, room: Path
) -> tuple[Column, ...]:
    """Let the rows that a version was trained on be a relation: as captured, or a table."""
    for given in version.manifest.inputs:
        if given.role != "train":
            continue
        tree = project.find_snapshot(given.snapshot).tree
        if any(e.path == _CAPTURED for e in tree_entries(project.objects, tree)):
            restore_tree(project.objects, tree, room / "frame")
            return tables.add_file("before", _as_parquet(version, room))
    return tables.add("before", _training_table(project, version))


def _as_parquet(version: Version, room: Path) -> Path:
    """Write features that a run captured as a file that can be compared."""
    frame = as_table(read_frame(room / "frame" / "features"))
    if frame is None:
        raise Invalid(f"{version.name} was not trained on a table: there are no columns")
    frame.to_parquet(room / "trained.parquet", index=False)
    return room / "trained.parquet"


def _training_table(project: Project, version: Version) -> TableFiles:
    snapshots = [each.snapshot for each in version.manifest.inputs if each.role == "train"]
    tables = [
        table
        for digest in snapshots
        for table in tables_of(project.objects, project.find_snapshot(digest))
    ]
    if not snapshots:
        raise NotFound(f"{version.name} has no training data to compare with")
    if len(tables) != 1:
        raise Invalid(f"{version.name} was trained on {len(tables)} tables: one is needed")
    return tables[0]


def _named(folder: Path, patterns: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """Return path and content of every file that a pattern names, in order of paths."""
    found: dict[bytes, bytes] = {}
    for pattern in patterns:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise Invalid(f"features = [{pattern!r}] in cairn.toml must lie in the project")
        matches = [path for path in sorted(folder.glob(pattern)) if path.is_file()]
        if not matches:
            raise Invalid(f"features = [{pattern!r}] in cairn.toml names no file in {folder}")
        for path in matches:
            name = path.relative_to(folder).as_posix()
            content = _content(folder, name)
            if content is not None:
                found[name.encode("utf-8", "surrogateescape")] = content
    return sorted(found.items())


def _content(folder: Path, name: str) -> bytes | None:
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise Invalid(f"{name} leads out of the project: features must lie in it")
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Invalid(f"{name} cannot be read: {error.strerror}") from error


def _paths(paths: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(escape(path) for path in sorted(paths))


def as_table(features: Any) -> Any:
    """Return features as a DataFrame with names of text; None for what is not a table."""
    if hasattr(features, "columns"):
        return features.rename(columns=str)
    shape = getattr(features, "shape", ())
    if len(shape) != 2 or not hasattr(features, "strides"):  # noqa: PLR2004 (rows and columns)
        return None
    from pandas import DataFrame

    return DataFrame(features, columns=unnamed(shape[1]))
