"""`cairn init`, `completion`: the project and the shell."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cairn.cli.app import Shown, app, shown
from cairn.core.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from cairn.engine.store import Store

TOML = """\
# Cairn: version control for models.
store = ".cairn"          # the folder with versions, data and the ledger
team = "default"

# How versions of a model are scored. Uncomment, name your data and columns, then:
#   cairn snapshot add data/test.csv --name test
# [model.churn.evaluation]
# data = "snap:test"
# id = "customer_id"
# label = "churned"
# groups = ["region"]
# score = "predict_proba"   # or "predict", or "package.module:function"
"""
IGNORED = (".cairn/",)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@shown
def init(folder: Path) -> Shown:
    """Make FOLDER (this one) a Cairn project: cairn.toml, gates/, .gitignore, the store."""
    from cairn.engine.store import key_path
    from cairn.gates.template import starter_policy

    if (folder / "cairn.toml").exists():
        raise Conflict(f"{folder.resolve()} is a Cairn project already (it has cairn.toml)")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        store = _store(folder / ".cairn")
        (folder / "gates").mkdir(exist_ok=True)
        _write_new(folder / "gates" / "churn.yaml", starter_policy("churn"))
        _ignore(folder / ".gitignore")
        _write_new(folder / "cairn.toml", TOML)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written: {error.strerror}") from error
    key = key_path(store.about.id)
    value = {"folder": str(folder.resolve()), "store": store.about.id, "key": str(key)}
    return Shown(value, _told(folder, key))


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


def _store(folder: Path) -> "Store":
    """Make the store, or take up the one that an interrupted `init` left."""
    from cairn.engine.store import Store, create

    return Store(folder) if (folder / "store.json").exists() else create(folder)


def _write_new(path: Path, text: str) -> None:
    """Write a file unless there is one: it is somebody's."""
    if not path.exists():
        path.write_text(text, "utf-8")


def _ignore(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    missing = [line for line in IGNORED if line not in lines]
    if missing:
        path.write_text("\n".join([*lines, *missing]) + "\n", "utf-8")


def _told(folder: Path, key: Path) -> str:
    return "\n".join(
        [
            f"{folder.resolve()} is now a Cairn project:",
            "  cairn.toml        settings; commit it",
            "  gates/churn.yaml  a starting policy for promotions; commit it",
            "  .cairn/           the store; ignored by git, back it up",
            f"  {key}  signs the ledger; keep a copy elsewhere",
            "",
            "Next:",
            "  cairn inventory                                  what is here and what is not",
            "  cairn snapshot add data/test.csv --name test     freeze the data",
            "  cairn run --model churn -- python train.py       train, captured",
        ]
    )
