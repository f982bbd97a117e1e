"""How two snapshots' difference is told: in a table, and as a picture."""

from pathlib import Path

from cairn.cli.app import Shown
from cairn.cli.text import listed, size, table
from cairn.core.errors import Invalid
from cairn.core.words import counted
from cairn.data.comparison.column_diff import ColumnDiff
from cairn.data.comparison.difference import FileDiff, SnapshotDiff, TableDiff
from cairn.plots import shares
from cairn.plots.shares import Panel
from cairn.stats.shift import LARGE

LISTED, PANELS = 12, 12
_LEGEND = (
    "PSI says how far values moved: 0 not at all, from 0.1 on moderately, from 0.25 on far;\n"
    "typical is the mean of numbers, the middle of times, else the most frequent value"
)


def tell(found: SnapshotDiff) -> Shown:
    """Say what changed: files first, then each table from its rows to its columns."""
    if not found.files:
        return Shown(found, f"{found.before} and {found.after} hold the same files and bytes")
    parts = [_files(found)]
    parts += [_table(each) for each in found.tables]
    if found.left_out:
        parts.append(
            f"{len(found.left_out)} more tables changed; look into one with --file: "
            f"{', '.join(found.left_out[:3])}"
        )
    return Shown(found, "\n\n".join(parts))


def draw(found: SnapshotDiff, path: Path) -> None:
    """Draw the columns of the first table, what moved most first, into an SVG file.

    Raises `Invalid` if no table was compared or the file cannot be written.
    """
    if path.suffix.lower() != ".svg":
        raise Invalid(f"{path}: a picture is an SVG file; call it {path.with_suffix('.svg')}")
    if not found.tables:
        raise Invalid("there is no table in both snapshots whose columns could be drawn")
    first = found.tables[0]
    picture = shares.draw(
        [_panel(column) for column in first.columns[:PANELS]],
        title=f"{first.file}: shares of rows, what moved most first",
        before=f"{found.before} ({counted(first.rows_before, 'row')})",
        after=f"{found.after} ({counted(first.rows_after, 'row')})",
    )
    try:
        path.write_text(picture, "utf-8")
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}") from error


def _panel(column: ColumnDiff) -> Panel:
    note = f"PSI {column.psi:.3f}" + (": moved" if column.shifted else ": no more than chance")
    if column.missing_shifted and not column.shifted:
        note = f"missing {_missing(column)}"
        return Panel(column.name, note, column.bins, column.before, column.after, alarm=True)
    if not column.shifted and column.psi > column.noise:
        note = f"PSI {column.psi:.3f}: a little"
    return Panel(column.name, note, column.bins, column.before, column.after, column.shifted)


def _files(found: SnapshotDiff) -> str:
    many = counted(len(found.files), "file differs", "files differ")
    head = f"{found.before} -> {found.after}: {many}"
    rows = [
        (_what(file), file.path, _size(file.size_before), _size(file.size_after))
        for file in found.files
    ]
    return f"{head}\n\n{table(('what', 'path', 'before', 'after'), rows, most=LISTED)}"


def _what(file: FileDiff) -> str:
    if file.before is None:
        return "added"
    return "removed" if file.after is None else "changed"


def _size(count: int | None) -> str:
    return "-" if count is None else size(count)


def _table(found: TableDiff) -> str:
    more, after = found.rows_after - found.rows_before, counted(found.rows_after, "row")
    lines = [
        f"{found.file}: {found.rows_before:,} -> {after} ({more:+,})",
        *_schema(found),
        *_rows(found),
        "",
        _columns(found),
    ]
    return "\n".join(lines)


def _schema(found: TableDiff) -> list[str]:
    lines = [f"  column {name} ({kind}) is new" for name, kind in found.columns_added.items()]
    lines += [
        f"  column {name} ({kind}) is gone" for name, kind in found.columns_removed.items()
    ]
    lines += [
        f"  column {name} has another type: {kinds}"
        + ("; its values are not compared" if name in found.not_compared else "")
        for name, kinds in found.columns_retyped.items()
    ]
    return lines


def _rows(found: TableDiff) -> list[str]:
    rows = found.rows
    how = (
        f"by {', '.join(rows.key)}"
        if rows.key
        else "as whole rows (--key COLUMN tells better)"
    )
    counts = f"{rows.added:,} added, {rows.removed:,} removed"
    if rows.key:
        counts += f", {rows.changed:,} changed"
    lines = [f"  rows {how}: {counts}"]
    if rows.by_column:
        changed = [f"{name} {n:,}" for name, n in rows.by_column.items()]
        lines.append(f"  changed in {listed(changed, most=LISTED)}")
    for row in rows.changed_rows:
        named = ", ".join(f"{name} {row[name]}" for name in rows.key)
        what = ", ".join(f"{k}: {v}" for k, v in row.items() if k not in rows.key)
        lines.append(f"    {named}  {what}")
    lines += [
        f"  in {name}, a column of numbers, {' and '.join(words)} count as missing"
        for name, words in found.words_missing.items()
    ]
    return lines


def _columns(found: TableDiff) -> str:
    moved = [column for column in found.columns if column.shifted or column.missing_shifted]
    others = len(found.columns) - len(moved)
    lines: list[str] = []
    if moved:
        rows = [
            (
                column.name,
                f"{column.psi:.3f}",
                _size_of_shift(column),
                column.typical_before,
                column.typical_after,
                _missing(column),
            )
            for column in moved
        ]
        head = ("column", "PSI", "shift", "typical before", "after", "missing")
        lines += [table(head, rows, most=LISTED), _LEGEND]
    rest = (
        counted(others, "other column") if moved else f"  each of {counted(others, 'column')}"
    )
    lines.append(f"{rest} moved no more than a little")
    if found.not_compared:
        lines.append(
            f"not compared, since hardly a value comes twice or the types do not allow it: "
            f"{', '.join(found.not_compared)}"
        )
    return "\n".join(lines)


def _size_of_shift(column: ColumnDiff) -> str:
    if not column.shifted:
        return "missing"
    return "large" if column.psi >= LARGE else "moderate"


def _missing(column: ColumnDiff) -> str:
    if not column.missing_before and not column.missing_after:
        return "none"
    return f"{column.missing_before:.1%} -> {column.missing_after:.1%}"
