"""Train a version once more: its code, patch and data in a folder of their own, and a verdict.

The run is captured like any other and recorded as one. Nothing becomes a version: a model that
comes out byte for byte is linked to the one that it is, and whatever else came of it is
compared and recorded as a reproduction.
"""

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from cairn.capture import repeated
from cairn.capture.manifest import Built
from cairn.capture.models.saved_models import distinct
from cairn.capture.project import code as codes
from cairn.capture.project.patch import restore as restore_code
from cairn.capture.run import Watched, recorded
from cairn.capture.script import OnLine, check_command
from cairn.capture.told import Told
from cairn.core.errors import Conflict, NotFound, Refused
from cairn.core.reproduction import RecordReproduction, Reproduction
from cairn.core.run import Code, Input, RunFacts
from cairn.core.secret import REDACTED
from cairn.core.tree import unescape
from cairn.core.version import RegisterVersion, Version
from cairn.data.git import find_top
from cairn.data.restore import restore as restore_data
from cairn.project import Project

Tell = Callable[[str], None]


def reproduce(
    project: Project,
    version: Version,
    *,
    trust: bool = False,
    keep: Path | None = None,
    on_line: OnLine | None = None,
    tell: Tell | None = None,
) -> Reproduction:
    """Train a version again in the environment of this process, compare, record the outcome.

    It happens in a folder that is removed afterwards, or in `keep`, which must be absent or
    empty; meanwhile that is the working folder of this process. A version that was pulled
    from another store runs that store's code: `Refused` unless `trust`. Raises `Refused` for
    what a version lacks that training it again takes.
    """
    facts = _facts(project, version)
    command, code = _command(version, facts), _code(version)
    if version.origin is not None and not trust:
        raise Refused(
            f"{version.name} was made elsewhere, and to train it again runs its code",
            fix=f"read the code, then `cairn reproduce {version.name} --trust`",
        )
    top = find_top(project.settings.folder)
    if top is None:
        raise NotFound(f"{project.settings.folder} lies in no repository of git")
    root = project.settings.folder.resolve().relative_to(top.resolve())
    with _folder(keep) as folder:
        restore_code(top, code, folder, objects=project.objects)
        (folder / root).mkdir(parents=True, exist_ok=True)  # the project may have moved since
        told = tell or _silent
        told(f"code {code.commit[:12]}{' and its patch' if code.patch else ''} is in place")
        for given in version.manifest.inputs:
            _place(project, given, folder / root, tell=told)
        with chdir(_where(folder, root, command, code)):
            check_command(command)
            return _trained(
                project, version, facts, root=folder / root, command=command, on_line=on_line
            )


def _trained(
    project: Project,
    version: Version,
    facts: RunFacts,
    *,
    root: Path,
    command: Sequence[str],
    on_line: OnLine | None,
) -> Reproduction:
    here = Project(
        project.engine, project.objects, settings=replace(project.settings, folder=root)
    )
    before = codes.look(Path.cwd(), store=project.settings.store)
    told = Told(fields=dict(version.manifest.fields))
    with recorded(
        here, version.model, command, before=before, told=told, on_line=on_line
    ) as watched:
        made = _made(version, watched, facts)
        if made is not None and made.digest == version.digest:
            _link(project, version, watched)
        found = repeated.compare(project, version, facts, made, watched.assembled.facts)
        return project.engine.send(
            RecordReproduction(
                model=version.model,
                version=version.digest,
                run=watched.run.id,
                outcome=found.outcome,
                made=made.digest if made else None,
                measure=found.measure,
                causes=found.causes,
            )
        )


def _link(project: Project, version: Version, watched: Watched) -> None:
    """Say in the ledger that this run made the version again, for the gate's `reproduced`."""
    project.engine.send(
        RegisterVersion(model=version.model, manifest=version.digest, run=watched.run.id)
    )


def _made(version: Version, watched: Watched, facts: RunFacts) -> Built | None:
    """Choose what came of the run: the very version, else the model that lay where it lay."""
    built = distinct(watched.assembled.models)
    same = [one for one in built if one.digest == version.digest]
    paths = {path for path, digest in facts.artifacts.items() if digest == version.digest}
    there = [one for one in built if one.path in paths]
    return next(iter([*same, *there, *built]), None)


def _facts(project: Project, version: Version) -> RunFacts:
    if version.run is None:
        raise Refused(
            f"{version.name} was not captured: nobody knows by which command it was trained",
            fix="train it again under `cairn run`",
        )
    run = project.run(version.run)
    return project.objects.get_record(run.facts, RunFacts) if run.facts else RunFacts()


def _command(version: Version, facts: RunFacts) -> tuple[str, ...]:
    if not facts.command:
        raise Refused(
            f"{version.name} was captured from inside a Python process, without a command",
            fix="train it by a script under `cairn run`",
        )
    if any(REDACTED in word for word in facts.command):
        raise Refused(
            f"a secret was left out of the command that trained {version.name}: "
            f"{' '.join(facts.command)}",
            fix="hand secrets over in the environment, and train it under `cairn run`",
        )
    return facts.command


def _code(version: Version) -> Code:
    if version.manifest.code is None:
        raise Refused(
            f"{version.name} has no code: its commit is not known",
            fix="commit the code, and train it under `cairn run`",
        )
    return version.manifest.code


def _place(project: Project, given: Input, root: Path, *, tell: Tell) -> None:
    """Put an input where the script found it; what was made in memory is made again."""
    if not given.path:
        return
    place = root / os.fsdecode(unescape(given.path))
    if not place.resolve().is_relative_to(root.resolve()):
        tell(f"note: {given.path} lies outside of the project and is read where it is")
        return
    with TemporaryDirectory(prefix=".cairn-", dir=root) as scratch:
        whole = Path(scratch) / "data"
        restore_data(project, given.snapshot, whole)
        files = list(whole.iterdir())
        place.parent.mkdir(parents=True, exist_ok=True)
        if len(files) == 1 and files[0].name == place.name and not place.is_dir():
            files[0].replace(place)
        elif not place.exists():
            whole.replace(place)
        else:
            _merge(whole, place)
    tell(f"data {given.snapshot[:19]} is at {given.path}")


def _merge(whole: Path, place: Path) -> None:
    """Put the files of a snapshot into a folder that the commit has, too."""
    for file in [path for path in whole.rglob("*") if not path.is_dir()]:
        target = place / file.relative_to(whole)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)


def _where(folder: Path, root: Path, command: Sequence[str], code: Code) -> Path:
    """Find the folder that the command was typed in: its script is found from there."""
    for word in command:
        if code.entry_point and (folder / code.entry_point).is_file():
            above = code.entry_point.removesuffix(word)
            if above != code.entry_point and (not above or above.endswith("/")):
                return folder / above
    return folder / root


@contextmanager
def _folder(keep: Path | None) -> Generator[Path]:
    if keep is not None:
        if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
            raise Conflict(f"{keep} is not empty: name a folder that does not exist yet")
        yield keep.resolve()
        return
    with TemporaryDirectory(prefix="cairn-reproduce-") as name:
        yield Path(name).resolve() / "project"


def _silent(_line: str) -> None:
    """Say nothing."""
