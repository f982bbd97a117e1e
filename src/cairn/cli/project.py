"""`cairn init`, `completion`: the project and the shell."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cairn.cli.app import Shown, app, shown
from cairn.core.errors import Conflict, Forbidden, NotFound, Unavailable

if TYPE_CHECKING:
    from cairn.engine.store import Store

TOML = """\
# Cairn: version control for models.
store = ".cairn"          # the folder with versions, data and the ledger
{objects}team = "default"

# How versions of a model are scored. Uncomment, name your data and columns, then:
#   cairn snapshot add data/test.csv --name test
# [model.churn.evaluation]
# data = "snap:test"
# id = "customer_id"
# label = "churned"
# groups = ["region"]
# score = "predict_proba"   # or "predict", or "package.module:function"
"""


@click.command()
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), required=False, default=None
)
@click.option("--objects", metavar="URL", default="", help="Keep the bytes in this bucket.")
@click.option("--encrypt", is_flag=True, help="Encrypt the bytes, with a key of your own.")
@click.option("--group", metavar="NAME", default="", help="Let a group of this machine in.")
@shown
def init(folder: Path | None, *, objects: str, encrypt: bool, group: str) -> Shown:
    """Make FOLDER (this one) a Cairn project: cairn.toml, gates/, .gitignore, the store.

    A checkout that has cairn.toml and no store gets an empty one, from any folder in it. The
    store is yours alone, or that of the group NAME. URL is s3://bucket/prefix, gs://... or
    az://...; the key for --encrypt comes from CAIRN_OBJECTS_KEY, or is made.
    """
    from cairn.engine import object_key
    from cairn.engine.store import key_path
    from cairn.gates.template import ANY, NEUTRAL, starter_policy

    folder = folder or _top(Path())
    try:
        place, records, objects = _place(folder, objects)
        number = _group(group) if group else None
        folder.mkdir(parents=True, exist_ok=True)
        store = _store(place, records=records, objects=objects, encrypt=encrypt, group=number)
        (folder / "gates").mkdir(exist_ok=True)
        if not any((folder / "gates").glob("*.yaml")):
            _write_new(folder / NEUTRAL, starter_policy(ANY))
        _ignore(folder, place)
        _write_new(folder / "cairn.toml", TOML.format(objects=_objects_line(objects)))
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written: {error.strerror}") from error
    key = key_path(store.about.id)
    sealed = object_key.key_path(store.about.id) if store.about.objects_key else None
    value = {
        "folder": str(folder.resolve()),
        "store": store.about.id,
        "key": str(key),
        "objects": objects,
        "objects_key": store.about.objects_key,
    }
    return Shown(value, _told(folder, place, key, objects=objects, sealed=sealed))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@shown
def completion(shell: str) -> Shown:
    """Print the completion script of SHELL; evaluate it in the shell's start-up file."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise Unavailable(f"no completion is known for {shell}")
    source = kind(app, {}, "cairn", "_CAIRN_COMPLETE").source()
    return Shown({"shell": shell, "script": source}, source)


def _top(folder: Path) -> Path:
    """Find the project that a folder lies in already, unless a repository is in between."""
    from cairn.config import find_project, is_apart

    here = folder.resolve()
    found = find_project(here)
    return folder if found in (None, here) or is_apart(here, found) else found


def _place(folder: Path, objects: str) -> tuple[Path, str, str]:
    """Say where store, records and bytes lie; raises `Conflict` if the project has a store."""
    from cairn.config import load_settings

    if not (folder / "cairn.toml").is_file():
        return folder / ".cairn", "", objects
    settings = load_settings(folder)
    if (settings.store / "store.json").exists():
        raise Conflict(
            f"{folder.resolve()} is a Cairn project already, its store is {settings.store}"
        )
    if objects not in ("", settings.objects):
        raise Conflict(
            f"{folder.resolve() / 'cairn.toml'} has objects = {settings.objects!r}: write "
            f"{objects!r} there, and run `cairn init` without --objects"
        )
    return settings.store, settings.records, settings.objects


def _group(name: str) -> int:
    """Find the number of a group that the user is in; raises `NotFound`, `Forbidden`."""
    import grp

    try:
        number = grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise NotFound(f"there is no group {name} on this machine") from error
    if os.geteuid() != 0 and number not in {os.getegid(), *os.getgroups()}:
        raise Forbidden(f"you are not in the group {name}, and cannot give it a store")
    return number


def _store(
    folder: Path, *, records: str, objects: str, encrypt: bool, group: int | None
) -> "Store":
    """Make the store, or take up the one that an interrupted `init` left."""
    from cairn.engine import known
    from cairn.engine.store import Store, create

    if (folder / "store.json").exists():
        return Store(folder, objects=objects, database=records)
    made = create(folder, objects=objects, database=records, encrypt=encrypt, group=group)
    known.remember(folder, made.about)  # made on purpose, whatever lay here before
    return made


def _objects_line(objects: str) -> str:
    if not objects:
        return ""
    return f"objects = {json.dumps(objects)}   # the bucket with the bytes\n"


def _write_new(path: Path, text: str) -> None:
    """Write a file unless there is one: it is somebody's."""
    if not path.is_file():
        path.write_text(text, "utf-8")


def _ignore(folder: Path, place: Path) -> None:
    """Keep git away from a store inside the project, by a line after all that is there."""
    path, top, store = folder / ".gitignore", folder.resolve(), place.resolve()
    if not store.is_relative_to(top):
        return
    before = path.read_bytes() if path.exists() else b""
    line = os.fsencode(store.relative_to(top)) + b"/"
    if line not in before.splitlines():
        end = b"" if before.endswith(b"\n") or not before else b"\n"
        path.write_bytes(before + end + line + b"\n")


def _told(folder: Path, place: Path, key: Path, *, objects: str, sealed: Path | None) -> str:
    elsewhere = [f"  {objects}  holds the bytes; the store holds the records"]
    hidden = [f"  {sealed}  decrypts the bytes; without it nobody can: keep a copy elsewhere"]
    return "\n".join(
        [
            f"{folder.resolve()} is now a Cairn project:",
            "  cairn.toml          settings; commit it",
            "  gates/starter.yaml  a starting policy for promotions; commit it",
            f"  {place.name + '/':<20}the store; ignored by git, back it up",
            f"  {key}  signs the ledger; keep a copy elsewhere",
            *(elsewhere if objects else []),
            *(hidden if sealed and sealed.exists() else []),
            "",
            "Next:",
            "  cairn inventory                                what is here and what is not",
            "  cairn snapshot add data/test.csv --name test   freeze the data",
            "  cairn run --model NAME -- python train.py      train, captured",
        ]
    )
