"""Settings from `cairn.toml` and the environment; the only reader of either."""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from msgspec import Meta

from cairn.core.errors import Invalid, NotFound, Unavailable
from cairn.core.evaluation import Better, Task
from cairn.core.name import LabelName, Team
from cairn.core.reference import model_name
from cairn.core.request import Record, convert

Kind = TypeVar("Kind", bound=Record)

FILE = "cairn.toml"
STORE = r"^[^\0]*$"
_OBJECTS_LINE = re.compile(r"^objects[ \t]*=.*\n", re.MULTILINE)
_SECTION = re.compile(r"^[ \t]*\[", re.MULTILINE)
_STORE_LINE = re.compile(r"^store[ \t]*=.*\n", re.MULTILINE)
FUNCTION = r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$(?!\n)"
SCORE = r"^(predict_proba|predict|elsewhere|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$(?!\n)"


class EvaluationSettings(Record, frozen=True):
    """How versions of a model are scored: which snapshot, which columns, which function.

    `score` is `predict_proba`, `predict`, `module:function`, or `elsewhere` for predictions
    that others make and hand in; `file` names the table where the snapshot holds several;
    columns under `drop` are hidden from the model. `task` says what is predicted; without it
    the labels in `data` decide (`gates/task.py`). `unit` and `weight` are columns as well.
    `metrics` is a function of the project that gives the numbers named in `values`, one a
    row; `values` say whether `higher` or `lower` is better. With `hash_ids`, predictions have
    keyed hashes in the place of ids and units.
    """

    data: str
    label: str
    id: str | None = None
    groups: tuple[str, ...] = ()
    score: Annotated[str, Meta(pattern=SCORE)] | None = None
    drop: tuple[str, ...] = ()
    file: str = ""
    task: Task | None = None
    unit: str | None = None
    weight: str | None = None
    values: dict[str, Better] = {}
    metrics: Annotated[str, Meta(pattern=FUNCTION)] | None = None
    hash_ids: bool = False


class ModelSettings(Record, frozen=True):
    """What the project asks of one model.

    `fields` must be given at registration (`--field NAME=VALUE`), `checklist` are patterns of
    files that the artifacts must contain, `features` patterns of the project's files that say
    and compute the features.
    """

    evaluation: EvaluationSettings | None = None
    fields: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


class GuardSettings(Record, frozen=True):
    """What `cairn guard` lets into git: megabytes of a file and of one with data, exceptions.

    `allow` are patterns of paths from the repository's top; `*` also stands for slashes.
    """

    max_mb: Annotated[float, Meta(gt=0)] = 10
    max_data_mb: Annotated[float, Meta(ge=0)] = 1
    allow: tuple[str, ...] = ()


class Settings(Record, frozen=True):
    """A project's settings; `folder` holds `cairn.toml`, `store` is the store's folder.

    `objects` is the address of a bucket that keeps the bytes; empty, they lie in the store.
    """

    folder: Path
    store: Path
    records: str = ""
    """The address of the PostgreSQL that keeps the records; empty, they lie in the store."""
    objects: str = ""
    team: Team = "default"
    models: dict[str, ModelSettings] = {}
    guard: GuardSettings = GuardSettings()
    gated: tuple[LabelName, ...] = ()
    """Labels that are as strict as `production`, which always is."""
    trust: tuple[str, ...] = ()
    """Classes (`churn.models.Clip`) and formats (`pickle`) that gated labels take."""
    remotes: dict[str, str] = {}
    """Where `cairn push` and `cairn pull` go, by name; `origin` when none is given."""

    def model(self, name: str) -> ModelSettings:
        """Return what is set for a model, named with or without its team."""
        short = name.removeprefix(f"{self.team}/")
        return self.models.get(name) or self.models.get(short) or ModelSettings()


class File(Record, frozen=True):
    """The keys of `cairn.toml`, as they are written."""

    store: Annotated[str, Meta(pattern=STORE)] = ".cairn"
    objects: Annotated[str, Meta(pattern=STORE)] = ""
    team: Team = "default"
    model: dict[str, dict[str, Any]] = {}
    guard: dict[str, Any] = {}
    remote: dict[str, str] = {}
    gated: tuple[LabelName, ...] = ()
    trust: tuple[str, ...] = ()


_KEYS: dict[str, type[Record]] = {"evaluation": EvaluationSettings}
MUST_BE = {
    "store": 'must be the name of a folder, or "postgresql://host/database"',
    "objects": 'must be the address of a bucket: "s3://bucket/prefix"',
    "team": "must be lower-case letters, digits, '.', '_' and '-'",
    "model": "must be sections such as [model.churn]",
    "evaluation": "must be a section of its own, such as [model.churn.evaluation]",
    "guard": "must be a section of its own: [guard]",
    "max_mb": "must be a number of megabytes: 10",
    "max_data_mb": "must be a number of megabytes: 1",
    "allow": 'must be a list of patterns: ["tests/golden/*"]',
    "remote": 'must be a section of addresses in quotes: [remote], origin = "/mnt/cairn"',
    "gated": 'must be a list of labels: ["canary"]',
    "trust": 'must be a list of classes or formats: ["churn.models.Clip"]',
    "hash_ids": "must be true or false",
    "score": "must be predict_proba, predict or module:function",
    "groups": 'must be a list of columns: ["region"]',
    "drop": 'must be a list of columns: ["name"]',
    "fields": 'must be a list of names: ["owner"]',
    "checklist": 'must be a list of patterns: ["*.onnx"]',
    "features": 'must be a list of patterns: ["features/*.py"]',
}


def find_project(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that has a `cairn.toml`."""
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / FILE).is_file():
            return candidate
    return None


def load_settings(start: Path) -> Settings:
    """Read the settings that hold in `start`; `CAIRN_STORE` overrides the store.

    `CAIRN_OBJECTS` overrides the bucket, for instance by a copy of it.

    Raises `NotFound` where there is no project and `Invalid` for a wrong file.
    """
    folder = find_project(start)
    if folder is None:
        raise NotFound(
            f"no {FILE} in {start.resolve()} or above; "
            "run `cairn init` in your project's folder first"
        )
    found = _read(folder / FILE)
    store, records = _records(found.store)
    if given := os.environ.get("CAIRN_STORE"):
        store, records = (store, given) if _is_postgresql(given) else (given, "")
    models = {name: _model(folder / FILE, name, part) for name, part in found.model.items()}
    return Settings(
        folder=folder,
        store=_shared_store(folder, folder / store),
        records=records,
        objects=os.environ.get("CAIRN_OBJECTS") or found.objects,
        team=found.team,
        models=models,
        guard=_checked(f"{folder / FILE}: [guard]", found.guard, GuardSettings),
        remotes=found.remote,
        gated=found.gated,
        trust=found.trust,
    )


def written_objects(folder: Path) -> str:
    """Read where `cairn.toml` says that bytes lie, whatever the environment says."""
    return _read(folder / FILE).objects


def write_objects(folder: Path, address: str) -> None:
    """Say in `cairn.toml` where bytes lie from now on; all else in it stays as it is.

    Raises `Invalid`, and changes nothing, where the file is written in a way of its own.
    """
    path = folder / FILE
    text = path.read_text("utf-8-sig")
    wanted = {**tomllib.loads(text), "objects": address}
    if not address:
        del wanted["objects"]
    line = f"objects = {json.dumps(address, ensure_ascii=False)}   # where the bytes lie\n"
    first = found.start() if (found := _SECTION.search(text)) else len(text)
    top = _OBJECTS_LINE.sub("", text[:first], count=1)
    at = found.end() if (found := _STORE_LINE.search(top)) else 0
    written = top[:at] + (line if address else "") + top[at:] + text[first:]
    try:
        is_same = tomllib.loads(written) == wanted
    except tomllib.TOMLDecodeError:
        is_same = False
    if not is_same:
        raise Invalid(f"{path} is written in a way of its own: say there {line.strip()!r}")
    beside = path.with_name(f".{FILE}.{os.getpid()}.new")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def _is_postgresql(store: str) -> bool:
    return store.startswith(("postgresql://", "postgres://"))


def _records(store: str) -> tuple[str, str]:
    """Split what `store` says in the file into a folder and the address of the records."""
    if not _is_postgresql(store):
        if "://" in store:
            raise Invalid(
                f"{FILE}: store = {store!r} is not a folder; this release keeps stores in "
                'folders and PostgreSQL only: store = ".cairn"'
            )
        return store, ""
    if urlsplit(store).password or "password=" in store:
        raise Invalid(
            f"{FILE}: store has a password in it, and is committed: take it out, and set "
            "PGPASSWORD, write ~/.pgpass, or set CAIRN_STORE to the whole address"
        )
    return ".cairn", store


def is_apart(folder: Path, project: Path) -> bool:
    """Tell whether `folder` lies in a repository of its own below the project around it."""
    between = (folder, *folder.parents)
    return any((at / ".git").exists() for at in between[: between.index(project)])


def _shared_store(folder: Path, store: Path) -> Path:
    """Return the store of a project; a linked worktree of git without one uses the first's."""
    for top in (folder, *folder.parents):
        marker = top / ".git"
        if not marker.is_file() or store.exists() or not store.is_relative_to(top):
            continue
        named = marker.read_text("utf-8", "replace").partition("gitdir:")[2].strip()
        place = (top / named).resolve()
        if place.parent.name == "worktrees":
            other = place.parents[2] / store.relative_to(top)
            return other if (other / "store.json").exists() else store
    return store


def user_folder() -> Path:
    """Return the folder for keys and pinned checkpoints: outside of every store.

    `CAIRN_HOME`, else `cairn` under `XDG_CONFIG_HOME`, else `~/.config/cairn`.
    """
    if home := os.environ.get("CAIRN_HOME"):
        return Path(home)
    if base := os.environ.get("XDG_CONFIG_HOME"):
        return Path(base) / "cairn"
    return Path.home() / ".config" / "cairn"


def git_index() -> str | None:
    """Return the index file that git hands to its hooks while it commits some files only."""
    return os.environ.get("GIT_INDEX_FILE") or None


def ledger_key_override() -> str | None:
    """Return `CAIRN_LEDGER_KEY`: a key, or the path of a file that holds one."""
    return os.environ.get("CAIRN_LEDGER_KEY") or None


def person_key_override() -> str | None:
    """Return `CAIRN_KEY`: the key of who acts, or the path of a file that holds one."""
    return os.environ.get("CAIRN_KEY") or None


def backup_passphrase() -> str | None:
    """Return `CAIRN_BACKUP_PASSPHRASE`: what seals the keys in a backup."""
    return os.environ.get("CAIRN_BACKUP_PASSPHRASE") or None


def objects_key_override() -> str | None:
    """Return `CAIRN_OBJECTS_KEY`: the key of encrypted objects, or the path of its file."""
    return os.environ.get("CAIRN_OBJECTS_KEY") or None


def objects_key_command() -> str | None:
    """Return `CAIRN_OBJECTS_KEY_COMMAND`: what prints that key, such as a KMS's client."""
    return os.environ.get("CAIRN_OBJECTS_KEY_COMMAND") or None


def cache_folder() -> Path:
    """Return the folder for what can be made again: `CAIRN_CACHE`, else the user's caches."""
    if cache := os.environ.get("CAIRN_CACHE"):
        return Path(cache)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "cairn"
    return Path.home() / ".cache" / "cairn"


def lakefs_login() -> dict[str, str]:
    """Return the server, key and secret that `lakectl` takes, by the variables' names."""
    names = (
        "SERVER_ENDPOINT_URL",
        "CREDENTIALS_ACCESS_KEY_ID",
        "CREDENTIALS_SECRET_ACCESS_KEY",
    )
    return {f"LAKECTL_{name}": os.environ.get(f"LAKECTL_{name}", "") for name in names}


def _read(path: Path) -> File:
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} is not valid TOML: {error}") from error
    except RecursionError as error:
        raise Invalid(f"{path} is nested deeper than anybody writes: flatten it") from error
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from error
    return _checked(str(path), values, File)


def _model(path: Path, name: str, part: dict[str, Any]) -> ModelSettings:
    """Read one model's section, under a name that a model can have."""
    place = f"{path}: [model.{name}]"
    try:
        model_name(name)
    except Invalid as error:
        raise Invalid(f"{place}: {error}") from error
    return _checked(place, part, ModelSettings)


def _checked(place: str, values: Any, kind: type[Kind]) -> Kind:
    """Build a `kind`, or raise `Invalid` with the place and the key in a person's words."""
    try:
        return convert(values, kind)
    except Invalid as error:
        where, _, what = str(error).rpartition(": ")
        raise Invalid(f"{place}: {_explained(where, what, kind)}") from error


def _explained(where: str, what: str, kind: type[Record]) -> str:
    """Turn a validator's words into those of somebody who writes TOML."""
    inside = f"{where}: " if where else ""
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        keys = ", ".join(_KEYS.get(where, kind).__struct_fields__)
        return f"{inside}there is no key {unknown[1]!r}, only {keys}"
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"{inside}the key {missing[1]!r} is missing"
    key = re.split(r"[.\[]", where.removeprefix("evaluation."))[0]
    return f"{where} {MUST_BE.get(key, 'must be text in quotes')}"
