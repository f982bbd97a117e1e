"""Settings from `cairn.toml` and the environment; the only reader of either."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from cairn.core.errors import Invalid, NotFound
from cairn.core.name import Team
from cairn.core.request import Record, convert

FILE = "cairn.toml"
SCORE = r"^(predict_proba|predict|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$(?!\n)"


class EvaluationSettings(Record, frozen=True):
    """How versions of a model are scored: which snapshot, which columns, which function.

    `score` is `predict_proba`, `predict` or `module:function`; `file` names the table where
    the snapshot holds several; columns under `drop` are hidden from the model.
    """

    data: str
    label: str
    id: str | None = None
    groups: tuple[str, ...] = ()
    score: Annotated[str, Meta(pattern=SCORE)] = "predict_proba"
    drop: tuple[str, ...] = ()
    file: str = ""


class ModelSettings(Record, frozen=True):
    """What the project asks of one model.

    `fields` must be given at registration (`--field NAME=VALUE`), `checklist` are patterns of
    files that the artifacts must contain.
    """

    evaluation: EvaluationSettings | None = None
    fields: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()


class Settings(Record, frozen=True):
    """A project's settings; `folder` holds `cairn.toml`, `store` is the store's folder."""

    folder: Path
    store: Path
    team: Team = "default"
    models: dict[str, ModelSettings] = {}

    def model(self, name: str) -> ModelSettings:
        """Return what is set for a model, named with or without its team."""
        short = name.removeprefix(f"{self.team}/")
        return self.models.get(name) or self.models.get(short) or ModelSettings()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    store: str = ".cairn"
    team: Team = "default"
    model: dict[str, ModelSettings] = {}


def find_project(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, that has a `cairn.toml`."""
    folder = start.resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / FILE).is_file():
            return candidate
    return None


def load_settings(start: Path) -> Settings:
    """Read the settings that hold in `start`; `CAIRN_STORE` overrides the store.

    Raises `NotFound` where there is no project and `Invalid` for a wrong file.
    """
    folder = find_project(start)
    if folder is None:
        raise NotFound(
            f"no {FILE} in {start.resolve()} or above; "
            "run `cairn init` in your project's folder first"
        )
    found = _read(folder / FILE)
    if "://" in found.store:
        raise Invalid(
            f"{FILE}: store = {found.store!r} is not a folder; this release keeps stores in "
            'folders only: store = ".cairn"'
        )
    store = os.environ.get("CAIRN_STORE") or found.store
    return Settings(folder=folder, store=folder / store, team=found.team, models=found.model)


def user_folder() -> Path:
    """Return the folder for keys and pinned checkpoints: outside of every store.

    `CAIRN_HOME`, else `cairn` under `XDG_CONFIG_HOME`, else `~/.config/cairn`.
    """
    if home := os.environ.get("CAIRN_HOME"):
        return Path(home)
    if base := os.environ.get("XDG_CONFIG_HOME"):
        return Path(base) / "cairn"
    return Path.home() / ".config" / "cairn"


def ledger_key_override() -> str | None:
    """Return `CAIRN_LEDGER_KEY`: a key, or the path of a file that holds one."""
    return os.environ.get("CAIRN_LEDGER_KEY") or None


def _read(path: Path) -> _File:
    try:
        with path.open("rb") as file:
            values: dict[str, Any] = tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} is not valid TOML: {error}") from error
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from error
    try:
        return convert(values, _File)
    except Invalid as error:
        raise Invalid(f"{path}: {error}") from error
