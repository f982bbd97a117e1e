"""Scan a project: walk it once, look at each file once, put together what was found."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from cairn.core.errors import NotFound
from cairn.inventory import environment, metrics, settings, source
from cairn.inventory.code import Repository, is_test, repository, signs
from cairn.inventory.findings import (
    FILE,
    Assertions,
    ConfigFile,
    DataFile,
    DataRead,
    EnvironmentFile,
    Finding,
    HardCoded,
    Inventory,
    Metric,
    Script,
    SeedUse,
    Unread,
    Weights,
)
from cairn.inventory.formats import HEAD_BYTES, MEDIA, Format, format_of
from cairn.inventory.hyperparameters import hard_coded
from cairn.inventory.page import read
from cairn.inventory.reads import reads, sql_reads
from cairn.inventory.seeds import seeds
from cairn.inventory.walk import File, Unreadable, content, head, tail, walk
from cairn.inventory.weights import Progress, weights

MANY = 50
TEXT_BYTES = 2_000_000

Kind = TypeVar("Kind", bound=Finding)
Found = Finding | tuple[File, Format]


def scan(folder: Path, *, on_progress: Progress | None = None) -> Inventory:
    """Say what is in `folder`, and keep what people asserted in its inventory file.

    Nothing of the project is imported or run. `on_progress` hears of the files looked at, then
    of the weights hashed. Raises `NotFound` without a folder, and `Invalid` for an inventory
    file that cannot be read, whose assertions would be lost.
    """
    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder: name the one that holds the project")
    kept = read(folder / FILE).asserted_by_human if (folder / FILE).exists() else Assertions()
    walked = walk(folder)
    git = repository(folder.resolve())
    found: list[Found] = list(walked.unread)
    for number, file in enumerate(walked.files, start=1):
        found.extend(_look(file, git))
        if on_progress is not None:
            on_progress(number, 0, len(walked.files), 0)
    if git.reason:
        found.append(Unread(path=".", reason=git.reason))
    return _inventory(found, kept, on_progress)


def _look(file: File, git: Repository) -> Iterator[Found]:
    """Look at one file; whatever goes wrong with it is one line of the report."""
    try:
        yield from _content_of(file, git)
    except Unreadable as error:
        yield Unread(path=file.name, reason=source.shown(str(error)))
    except RecursionError:
        yield Unread(path=file.name, reason="is nested too deeply")


def _content_of(file: File, git: Repository) -> Iterator[Found]:
    name = file.name.lower()
    if name.endswith(".py"):
        if not is_test(file.name):
            yield from _script(file, git)
        return
    if name.endswith(".ipynb"):
        yield from _notebook(file, git)
        return
    if name.endswith(".sql"):
        yield from sql_reads(file.name, content(file, at_most=TEXT_BYTES))
        return
    try:
        start = head(file, HEAD_BYTES)
    except Unreadable:
        form = format_of(file, b"")  # its name still tells that it is there
        yield from [(file, form)] if form else []
        if form is None or form.part != "weights":  # weights are reported when hashed
            raise
        return
    form = format_of(file, start)
    if form is not None:
        yield from _log(file, start) or [(file, form)]
    else:
        yield from _text(file)


def _script(file: File, git: Repository) -> Iterator[Found]:
    if kind := environment.environment_kind(file.name):
        yield environment.environment_file(file.name, kind, b"")
    code = source.read_script(file.name, content(file, at_most=source.MOST_BYTES))
    yield from _code(code)
    if found := tuple(signs(code)):
        yield Script(path=file.name, kind="script", git=git.tracking(file.name), signs=found)


def _notebook(file: File, git: Repository) -> Iterator[Found]:
    entry = Script(path=file.name, kind="notebook", git=git.tracking(file.name))
    try:
        code = source.read_notebook(
            file.name, content(file, at_most=source.MOST_NOTEBOOK_BYTES)
        )
    except Unreadable:
        yield entry
        raise
    yield Script(path=entry.path, kind=entry.kind, git=entry.git, signs=tuple(signs(code)))
    yield from _code(code)
    if code.broken:
        first, *others = code.broken
        more = f", and {len(others)} more cells" if others else ""
        yield Unread(path=file.name, reason=source.shown(first) + more)


def _code(code: source.Source) -> Iterator[Finding]:
    yield from reads(code)
    yield from hard_coded(code)
    yield from seeds(code)


def _log(file: File, start: bytes) -> list[Metric | Unread] | None:
    """Read a table as a log of metrics, if it is one: then it is not training data."""
    if not file.name.lower().endswith(".csv"):
        return None
    end = tail(file, HEAD_BYTES) if file.size > len(start) else start
    return metrics.metric_log(file.name, start, end)


def _text(file: File) -> Iterator[Finding]:
    """Look at a file that is neither code, weights nor data for what its name promises."""
    name = file.name
    if kind := environment.environment_kind(name):
        text = content(file, at_most=TEXT_BYTES)
        yield environment.environment_file(name, kind, text)
    elif metrics.is_metric_file(name):
        yield from metrics.metric_file(name, content(file, at_most=TEXT_BYTES))
    elif metrics.is_prose(name):
        yield from metrics.remembered(name, content(file, at_most=TEXT_BYTES))
    elif settings.is_config(name) and (
        file.size <= settings.MOST_BYTES or settings.is_named_config(name)
    ):
        found = settings.config_file(name, content(file, at_most=settings.MOST_BYTES))
        yield from [found] if found else []


def _inventory(
    found: list[Found], kept: Assertions, on_progress: Progress | None
) -> Inventory:
    pairs = [part for part in found if isinstance(part, tuple)]
    plain: list[Finding] = [part for part in found if not isinstance(part, tuple)]
    plain.extend(weights([pair for pair in pairs if pair[1].part == "weights"], on_progress))
    return Inventory(
        asserted_by_human=kept,
        weights=_all(plain, Weights),
        data=tuple(_together(pair for pair in pairs if pair[1].part != "weights")),
        reads=_all(plain, DataRead),
        code=_all(plain, Script),
        configuration=_all(plain, ConfigFile),
        hard_coded=_all(plain, HardCoded),
        metrics=_all(plain, Metric),
        environment=_all(plain, EnvironmentFile),
        seeds=_all(plain, SeedUse),
        unread=tuple(sorted(_all(plain, Unread), key=lambda unread: unread.path)),
    )


def _all(found: Iterable[Finding], kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(part for part in found if isinstance(part, kind))


def _together(found: Iterable[tuple[File, Format]]) -> Iterator[DataFile]:
    """List files of data; where a folder has more than `MANY` of a format, the folder.

    Single pictures and sounds are left out: they are rarely what a model was trained on.
    """
    folders: dict[tuple[str, Format], list[File]] = defaultdict(list)
    for file, form in found:
        folders[file.name.rpartition("/")[0], form].append(file)
    listed: list[DataFile] = []
    for (folder, form), files in folders.items():
        if len(files) > MANY:
            size = sum(file.size for file in files)
            listed.append(
                DataFile(
                    path=f"{folder}/", format=form.name, size_bytes=size, files=len(files)
                )
            )
        elif form.part != MEDIA:
            listed.extend(
                DataFile(path=file.name, format=form.name, size_bytes=file.size)
                for file in files
            )
    yield from sorted(listed, key=lambda data: (data.path, data.format))
