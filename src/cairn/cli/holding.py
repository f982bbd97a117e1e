"""Who holds a row or a file, and which rows two snapshots share: as tables."""

from pathlib import Path

from cairn.cli.app import Shown
from cairn.cli.text import short, table
from cairn.core.digest import Digest
from cairn.core.errors import Inconclusive, Invalid, NotFound, Refused
from cairn.core.words import counted
from cairn.data.comparison.overlap import Overlap
from cairn.data.row_holders import Search
from cairn.registry import Registry

DIGEST = "sha256:"
NAMED = 5


def holders(registry: Registry, *, row: str | None, file: str | None) -> Shown:
    """Find the snapshots and versions that hold a row, or a file by path or digest."""
    if row is not None:
        return _told(registry.find_row(row))
    return _told(registry.find_file(_digest(file or "")))


def told_overlap(found: Overlap) -> Shown:
    """Say how much two snapshots share; sharing anything exits like a refusal."""
    many = len(found.columns) > NAMED
    by = f"all {len(found.columns)} columns" if many else ", ".join(found.columns)
    share = found.shared / found.rows if found.rows else 0
    head = (
        f"{found.shared:,} of {found.rows:,} rows of {found.second} ({share:.1%}) are in "
        f"{found.first} as well, by {by}"
    )
    if not found.shared:
        return Shown(found, head)
    names = list(found.examples[0])
    rows = [[row[name] for name in names] for row in found.examples]
    text = f"{head}\n\n{table(names, rows)}"
    return Shown(found, f"{text}\n\ntake them out of one of the two", Refused.exit_code)


def _digest(file: str) -> Digest:
    """Return the digest that is meant: written out, or of a file's content."""
    if file.startswith(DIGEST):
        return file
    from cairn.core.digest import digest_bytes

    try:
        return digest_bytes(Path(file).read_bytes())
    except FileNotFoundError as error:
        raise NotFound(
            f"{file} is not there: name a file or its digest, sha256:..."
        ) from error
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error


def _told(found: Search) -> Shown:
    rows = [
        (
            f"snap:{holding.name}" if holding.name else short(holding.snapshot),
            path,
            f"{count:,}",
            ", ".join(f"{use.version} ({use.role})" for use in holding.used_by) or "-",
        )
        for holding in found.holding
        for path, count in holding.files.items()
    ]
    parts = [_head(found)]
    if rows:
        parts.append(table(("snapshot", "file", "rows", "versions that used it"), rows))
    if found.unsearched:
        lines = [f"  {name}: {reason}" for name, reason in found.unsearched.items()]
        parts.append("\n".join([f"not searched, or not all of it, in {len(lines)}:", *lines]))
    code = Inconclusive.exit_code if found.unsearched else 0
    return Shown(found, "\n\n".join(parts), code)


def _head(found: Search) -> str:
    """Say where it is; "none" only where everything was looked into."""
    if found.holding:
        every = counted(found.snapshots, "snapshot")
        return f"{found.looked_for}: in {len(found.holding)} of {every}"
    if found.unsearched:
        searched = found.snapshots - len(found.unsearched)
        text = f"in none of the {counted(searched, 'snapshot')} that could be searched whole"
    else:
        text = f"in none of {counted(found.snapshots, 'snapshot')}"
    if not found.column_seen:
        text += "; no file that was searched has such a column"
    return f"{found.looked_for}: {text}"
