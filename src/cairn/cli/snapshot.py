"""`cairn snapshot`: frozen data."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

import cairn
from cairn.cli import starter
from cairn.cli.app import Shown, shown
from cairn.cli.progress import progress
from cairn.cli.snapshot_options import Question, with_question, with_sampling
from cairn.cli.text import moment, pairs, short, size, table
from cairn.core.errors import CairnError, Inconclusive, Invalid
from cairn.core.snapshot import Sampling, SnapshotInfo
from cairn.core.tree import Entry, escape
from cairn.core.words import counted
from cairn.objects.folders.tree import tree_entries
from cairn.registry import Registry

LISTED_FILES, SEARCHED_BYTES = 20, 8 << 20


@click.group()
def snapshot() -> None:
    """Freeze data, and get it back exactly."""


@snapshot.command()
@click.argument("source", required=False)
@click.option("--name", help="What to call it: snap:NAME from now on means this data.")
@click.option("--pin", is_flag=True, help="Leave the bytes where they are: lakes, S3, DVC.")
@click.option("--tag", default="", help="Set this tag on an Iceberg snapshot in its catalog.")
@click.option("--ray", default="", help="Read a bucket on this Ray cluster: an address, auto.")
@click.option("--with-secrets", is_flag=True, help="Freeze tokens and files for secrets, too.")
@with_question
@with_sampling
@shown
def add(
    source: str | None,
    *,
    name: str | None,
    pin: bool,
    tag: str,
    ray: str,
    with_secrets: bool,
    question: Question,
    sampling: Sampling | None,
) -> Shown:
    """Freeze SOURCE, a file or folder; the same bytes again are the same snapshot.

    Or an address: delta://PATH@VERSION, iceberg://CATALOG/NS.TABLE@ID, lakefs://REPO/REF/PATH,
    dvc:PATH@REVISION. Without a version the newest is resolved and recorded. A database
    (postgresql://, sqlite:///, duckdb:///) is asked a --query; of a bucket (s3://, gs://,
    az://) everything under a prefix is frozen. A file that is not the table that its name
    says is frozen as it is; the exit code is 3 then, or 10 if memory does not suffice.
    """
    from cairn.cli.pin import warning

    registry, asked = cairn.open(), question.address(source)
    unsearched = 0 if with_secrets else _look_for_secrets(registry, asked)
    unread: list[CairnError] = []
    with progress(f"freezing {asked.partition('?')[0]}") as report:
        info = registry.snapshot(
            asked,
            name=name,
            mode="pin" if pin else "copy",
            order_by=question.order_by,
            parameters=question.parameters,
            sampling=sampling,
            tag=tag,
            ray=ray,
            on_progress=report,
            on_unread=unread.append,
        )
    called = f"snap:{info.name}" if info.name else short(info.digest)
    text = f"{called} is {info.digest}\n{_count(info)} from {info.origin}"
    lines = [f"frozen as it is, and not read as a table: {error}" for error in unread]
    if unsearched:
        many = counted(unsearched, "file was", "files were")
        lines.append(f"{many} not searched for secrets: up to 4 MiB a file, 8 MiB in all, are")
    told = (text, *lines, warning(registry, info), *starter.lines(registry))
    value = {**msgspec.to_builtins(info), "unread": [str(error) for error in unread]}
    return Shown(value, "\n".join(filter(None, told)), _unread_code(unread))


def _look_for_secrets(registry: Registry, source: str) -> int:
    """Refuse a file or folder with secrets in it; returns how many files were not read."""
    from cairn.capture.secret_files import refuse_secrets
    from cairn.capture.secrets import known_here

    place = Path(source)
    if not place.exists():
        return 0
    return refuse_secrets(
        place,
        known_here(registry.settings.folder),
        what="a snapshot stays for ever: nothing was frozen",
        fix="or say that it belongs there: `--with-secrets`",
        most=SEARCHED_BYTES,
    )


@snapshot.command("list")
@shown
def list_snapshots() -> Shown:
    """List snapshots, newest first."""
    from cairn.cli.pin import keeping
    from cairn.data.erasure import everything_erased

    registry = cairn.open()
    infos, erased = registry.snapshots(), everything_erased(registry)
    rows = [
        (
            i.name or "-",
            short(i.digest),
            i.files,
            size(i.size_bytes),
            moment(i.added_at),
            keeping(registry, i, erased),
            i.origin,
        )
        for i in infos
    ]
    text = table(("name", "digest", "files", "size", "added", "bytes", "from"), rows)
    return Shown(
        infos, text or "no snapshot yet; `cairn snapshot add PATH --name NAME` makes one"
    )


@snapshot.command("show")
@click.argument("reference")
@shown
def show_snapshot(reference: str) -> Shown:
    """Show a snapshot (snap:NAME or its digest) and the files in it."""
    return shown_snapshot(cairn.open(), reference)


@snapshot.command()
@click.argument("reference")
@shown
def log(reference: str) -> Shown:
    """Say where REFERENCE comes from: source, query or recipe, author, time, parents."""
    from cairn.cli.snapshot_log import told

    return told(cairn.open(), reference)


@snapshot.command()
@click.argument("before")
@click.argument("after")
@click.option("--key", multiple=True, help="Column that tells rows apart; may be repeated.")
@click.option("--file", default="", help="Look only into this table of both.")
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw it: FILE.svg."
)
@shown
def diff(
    before: str, after: str, *, key: tuple[str, ...], file: str, picture: Path | None
) -> Shown:
    """Say what changed: files, columns, rows by key, and how values are spread."""
    from cairn.cli import snapshot_diff

    found = cairn.open().diff_snapshots(before, after, key=key, file=file)
    if picture is not None:
        snapshot_diff.draw(found, picture)
    told = snapshot_diff.tell(found)
    return told._replace(text=f"{told.text}\n\npicture: {picture}") if picture else told


@snapshot.command()
@click.option("--name", help="What to call it: snap:NAME from now on means this data.")
@click.option(
    "--code",
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="The file or folder that COMMAND needs; it is kept.",
)
@click.option("--of", multiple=True, help="A snapshot that COMMAND reads, below inputs/.")
@click.option("--pin", is_flag=True, help="Keep only names and digests of what it makes.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@shown
def recipe(
    *, name: str | None, code: Path, of: tuple[str, ...], pin: bool, command: tuple[str, ...]
) -> Shown:
    """Run COMMAND (after --) twice; if output/ is the same both times, record it."""
    from cairn.capture.secret_files import refuse_secrets
    from cairn.capture.secrets import known_here

    registry, mode = cairn.open(), "pin" if pin else "copy"
    what = "a recipe's code stays for ever: nothing was frozen"
    refuse_secrets(code, known_here(registry.settings.folder), what=what)
    info = registry.recipe(command, code=code, of=of, name=name, mode=mode)
    called = f"snap:{info.name}" if info.name else short(info.digest)
    text = f"{called} is {info.digest}\n{_count(info)}, the same bytes both times"
    return Shown(info, text)


@snapshot.command()
@click.argument("reference")
@click.argument("folder", type=click.Path(path_type=Path))
@shown
def rebuild(reference: str, folder: Path) -> Shown:
    """Run a snapshot's recipe again into the new FOLDER; the bytes must be those recorded."""
    info = cairn.open().rebuild_snapshot(reference, folder)
    return Shown(info, f"{reference} is in {folder}: {_count(info)}, rebuilt and the same")


@snapshot.command()
@click.argument("first")
@click.argument("second")
@click.option("--key", multiple=True, help="Column that makes rows the same; may be repeated.")
@click.option("--file", default="", help="The table, where a snapshot has several.")
@shown
def overlap(first: str, second: str, *, key: tuple[str, ...], file: str) -> Shown:
    """Say which rows of SECOND are in FIRST as well: test rows that were trained on."""
    from cairn.cli.holding import told_overlap

    return told_overlap(cairn.open().overlap(first, second, key=key, file=file))


@snapshot.command()
@click.argument("reference")
@click.argument("folder", type=click.Path(path_type=Path))
@shown
def restore(reference: str, folder: Path) -> Shown:
    """Write a snapshot's files, verified, into the new or empty FOLDER."""
    from cairn.data.restore import make_readable

    registry = cairn.open()
    with progress(f"restoring into {folder}") as report:
        info = registry.restore(reference, folder, on_progress=report)
    text = f"{reference} is in {folder}: {_count(info)}, every byte verified"
    opened = make_readable(registry, info, folder)
    return Shown(info, f"{text}\nto read it as a table, open {opened}" if opened else text)


@snapshot.command()
@click.argument("reference", required=False)
@click.option(
    "--pinned", is_flag=True, help="Verify every pinned snapshot, as a schedule does."
)
@click.option("--older-than", default=0.0, help="Only pins not verified for so many days.")
@shown
def verify(reference: str | None, *, pinned: bool, older_than: float) -> Shown:
    """Read every byte of a snapshot, also where it is pinned, and compare it.

    Files of a pin are INTACT, CHANGED or LOST; what was found is recorded.
    """
    from cairn.cli import pin
    from cairn.data.pins import is_pinned

    registry = cairn.open()
    if (reference is None) is not pinned:
        raise Invalid("name one snapshot to verify, or give --pinned for all that are pins")
    if reference is None:
        return pin.verified_all(registry, older_than_days=older_than)
    info = registry.find_snapshot(reference)
    if is_pinned(registry, info):
        return pin.verified(registry, info, called=reference)
    found = registry.verify_snapshot(reference)
    text = f"{reference} is intact: {counted(found.files, 'file')}, {size(found.size_bytes)}"
    return Shown({"files": found.files, "size_bytes": found.size_bytes}, text)


def shown_snapshot(registry: Registry, reference: str) -> Shown:
    """Show one snapshot: what it is, where it came from, its first files."""
    from cairn.cli.pin import keeping
    from cairn.cli.snapshot_table import described, told

    info = registry.find_snapshot(reference)
    entries = list(tree_entries(registry.objects, info.tree))
    head = pairs(
        [
            ("snapshot", f"{info.name or '-'}  {info.digest}"),
            ("content", f"{_count(info)}, {info.kind}"),
            ("from", info.origin),
            ("added", f"{moment(info.added_at)} by {info.added_by}"),
            ("bytes", keeping(registry, info)),
            *described(registry, info),
        ]
    )
    rows = [(escape(e.path), size(e.size), short(e.digest)) for e in entries]
    files = table(("file", "size", "digest"), rows, most=LISTED_FILES)
    value = {
        "snapshot": info,
        "files": [_file(entry) for entry in entries],
        **told(registry, info),
    }
    return Shown(value, f"{head}\n\n{files}")


def _unread_code(unread: Sequence[CairnError]) -> int:
    """Tell files that are broken, or could not be read, from those of which nobody says so."""
    told = [each for each in unread if not isinstance(each, Inconclusive)]
    return min((each.exit_code for each in told), default=0)


def _count(info: SnapshotInfo) -> str:
    return f"{counted(info.files, 'file')}, {size(info.size_bytes)}"


def _file(entry: Entry) -> dict[str, object]:
    return {"path": escape(entry.path), "size": entry.size, "digest": entry.digest}
