"""Files that a run read, frozen as snapshots with the bytes that the script saw."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from cairn.capture.gaps import clipped_gap
from cairn.capture.parameters import plain_scalars
from cairn.capture.project.configuration import (
    LARGEST,
    is_configuration,
    settings,
    without_secrets,
)
from cairn.capture.project.sources import is_private
from cairn.capture.secret_files import LARGEST_TEXT, origin_in
from cairn.capture.touched import Seen, Touched, mark_of
from cairn.core.errors import CairnError, Conflict
from cairn.core.run import Gap, Input, Scalar
from cairn.core.secret import PLACES, Known, redact
from cairn.core.snapshot import Derived, Files, Source
from cairn.core.tree import escape
from cairn.data.files import record_snapshot
from cairn.data.whole import left_beside, pointers, taken_over, told
from cairn.objects.folders.tree import store_tree, tree_entries
from cairn.project import Project

MANY_FILES = 32
MOST_SEARCHED = 8 << 20
REDACTION = "cairn: secrets redacted"


class Frozen(NamedTuple):
    """Snapshots of what was read, the settings in it, and what could not be frozen."""

    inputs: tuple[Input, ...]
    parameters: Mapping[str, Scalar]
    gaps: tuple[Gap, ...]
    unsearched: tuple[str, ...] = ()
    """Data that was not looked into for secrets: it is large."""


def freeze_inputs(project: Project, found: Touched, *, root: Path, known: Known) -> Frozen:
    """Store every file that the run read and did not make itself.

    More than 32 data files in one folder become one snapshot of it, with these files only.
    Data of up to 4 MiB each and 8 MiB together are looked into for secrets: a text is frozen
    without them, other files that hold one are left out.
    """
    gaps: list[Gap] = []
    search = _Search()
    data: list[tuple[Seen, Path]] = []
    inputs: list[Input] = []
    parameters: dict[str, Scalar] = {}
    for path, seen in sorted(found.read.items()):
        place = _usable(seen, path, root=root, gaps=gaps)
        if place is None:
            continue
        content = _small(place)
        if content is not None and is_configuration(path, content):
            name = _shown(path, root)
            found_here = settings(path, content)
            parameters |= plain_scalars(found_here, root=root, prefix=f"{name}:", known=known)
            clean = without_secrets(path, content, known)
            inputs.append(
                _freeze_small(project, path, content, clean=clean, role="config", root=root)
            )
            continue
        content = search.content(place, _shown(path, root))
        clean = _clean_data(content, known) if content is not None else None
        if content is not None and clean is None and (origin := origin_in(place, known)):
            gaps.append(_secret_gap(_shown(path, root), origin))
        elif content is None or clean in (None, content):
            data.append((seen, place))
        else:
            inputs.append(
                _freeze_small(project, path, content, clean=clean, role="input", root=root)
            )
    inputs += _freeze_data(project, data, root=root, gaps=gaps)
    return Frozen(tuple(inputs), parameters, tuple(gaps), tuple(search.passed_over))


class _Search:
    """Reads data that is to be looked into for secrets, as long as it is little."""

    def __init__(self) -> None:
        self._left = MOST_SEARCHED
        self.passed_over: list[str] = []

    def content(self, place: Path, name: str) -> bytes | None:
        """Return what a file holds; None, and its name is kept, if that is too much."""
        with suppress(OSError):
            size = place.stat().st_size
            if size <= min(LARGEST_TEXT, self._left):
                self._left -= size
                return place.read_bytes()
            self.passed_over.append(name)
        return None


def _usable(seen: Seen, path: Path, *, root: Path, gaps: list[Gap]) -> Path | None:
    name = _shown(path, root)
    if is_private(os.fsencode(name)):
        gaps.append(
            Gap(
                field="inputs",
                reason=f"{name} was read, and files for secrets are never recorded",
                fix="move the settings that the model depends on to a configuration file",
            )
        )
        return None
    place = seen.bytes_at()
    if place is None:
        gaps.append(_changed(name))
    return place


def _changed(name: str) -> Gap:
    return Gap(
        field="inputs",
        reason=f"{name} was changed after the run had read it, so its bytes are lost",
        fix="keep what a run reads unchanged until it has ended, and run it again",
    )


def _small(place: Path) -> bytes | None:
    with suppress(OSError):
        if place.stat().st_size <= LARGEST:
            return place.read_bytes()
    return None


def _freeze_small(
    project: Project,
    path: Path,
    content: bytes,
    *,
    clean: bytes,
    role: Literal["input", "config"],
    root: Path,
) -> Input:
    """Freeze a file whose bytes are in memory; without its secrets, it is another one."""
    with TemporaryDirectory(prefix="cairn-") as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(clean)
        tree = store_tree(project.objects, copy).digest
    source = Files(tree=tree) if clean == content else Derived(tree=tree, by=REDACTION)
    return _recorded(project, source, path, role=role, root=root)


def _secret_gap(name: str, origin: str) -> Gap:
    return clipped_gap(
        "inputs",
        f"{name} was read and holds a secret that is also in {origin}, so it is not kept",
        fix="take the secret out of it, and run it again",
    )


def _clean_data(content: bytes, known: Known) -> bytes | None:
    """Take what is known to be secret out of a text; None for other bytes."""
    if b"\0" in content:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return redact(known.redact(text), PLACES["data"]).encode()


def _freeze_data(
    project: Project, data: Sequence[tuple[Seen, Path]], *, root: Path, gaps: list[Gap]
) -> list[Input]:
    folders: dict[Path, list[tuple[Seen, Path]]] = {}
    for seen, place in data:
        folders.setdefault(_top_folder(seen.path, root), []).append((seen, place))
    inputs: list[Input] = []
    for folder, files in sorted(folders.items()):
        together = len(files) > MANY_FILES
        for group in [files] if together else [[each] for each in files]:
            place = folder if together else group[0][0].path
            try:
                source = _store(project, group, place)
            except CairnError as error:
                reason = f"{_shown(place, root)} was read and cannot be frozen: {error}"
                fix = "make it readable and unchanging, and run it again"
                gaps.append(clipped_gap("inputs", reason, fix))
            else:
                inputs.append(_recorded(project, source, place, role="input", root=root))
                gaps += _not_whole(project, source, group)
    return inputs


def _not_whole(
    project: Project, source: Files, files: Sequence[tuple[Seen, Path]]
) -> Iterator[Gap]:
    """Say which of the files that were read are not the data that the run worked with."""
    found = [*pointers(project.objects, tree_entries(project.objects, source.tree))]
    found += filter(None, (left_beside(seen.path) for seen, _ in files))
    found += filter(None, (taken_over(kept, seen.path) for seen, kept in files))
    if found:
        reason = f"{told([each.reason for each in found])}: what is kept of it is not whole"
        yield clipped_gap("inputs", reason, found[0].fix)


def _store(project: Project, files: Iterable[tuple[Seen, Path]], place: Path) -> Files:
    """Store exactly these files by their names below `place`, or as the one file there."""
    inside = project.settings.store / "runs"
    with TemporaryDirectory(prefix="inputs-", dir=inside) as name:
        whole = Path(name) / place.name
        for seen, source in files:
            target = whole / seen.path.relative_to(place)
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(source, target)
        tree = store_tree(project.objects, whole).digest
        for seen, source in files:
            if source == seen.path and mark_of(source) != seen.mark:
                raise Conflict("it changed while it was stored")
    return Files(tree=tree)


def _link(source: Path, target: Path) -> None:
    """Show a file at another place without reading it, if the file system can."""
    real = source.resolve()
    try:
        os.link(real, target)
    except OSError:
        shutil.copy(real, target)


def _recorded(
    project: Project,
    source: Source,
    path: Path,
    *,
    role: Literal["input", "config"],
    root: Path,
) -> Input:
    name = _shown(path, root)
    info = record_snapshot(project, source, origin=name, name=None)
    return Input(role=role, snapshot=info.digest, path=name)


def _top_folder(path: Path, root: Path) -> Path:
    """Return the outermost folder of the project that a file lies in, or its own folder."""
    if not path.is_relative_to(root):
        return path.parent
    parts = path.relative_to(root).parts
    return root / parts[0] if len(parts) > 1 else root


def _shown(path: Path, root: Path) -> str:
    """Spell a path from the root of the project; one of a declared folder by its name."""
    inside = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
    return escape(os.fsencode(inside))
