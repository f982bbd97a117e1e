"""What the command line can do, Python can do: each command has its method of `Registry`."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

import cairn
from cairn.cli.app import COMMANDS

CLI = Path(cairn.__file__).parent / "cli"
METHODS = {
    "adopt dvc": "adopt_dvc",
    "approvals": "approvals",
    "approve": "approve",
    "audit show": "history",
    "backup": "back_up",
    "check": "version",
    "compare": "compare",
    "config": "settings",
    "delete": "delete",
    "diff": "diff",
    "erase": "erase_person",
    "evaluate": "evaluate",
    "export": "export",
    "features check": "check_features",
    "forget-secret": "forget_secret",
    "fsck": "mend",
    "gate check": "check_gate",
    "gate explain": "page",
    "gate history": "decisions",
    "gate new": "write_policy",
    "gate replay": "replay",
    "gate review": "review",
    "gate set": "set_policy",
    "gate show": "policy",
    "history": "history",
    "ledger checkpoint": "checkpoint",
    "ledger log": "log",
    "ledger prove": "prove",
    "ledger verify": "verify",
    "list": "versions",
    "log": "log",
    "mark-bad": "mark_bad",
    "move-objects": "move_objects",
    "promote": "promote",
    "pull": "pull",
    "push": "push",
    "register": "register",
    "release": "release",
    "reproduce": "reproduce",
    "remote keys": "entries",
    "remote trust": "trust",
    "rollback": "rollback",
    "run": "run_command",
    "runs": "runs",
    "show": "version",
    "snapshot add": "snapshot",
    "snapshot diff": "diff_snapshots",
    "snapshot list": "snapshots",
    "snapshot log": "entries",
    "snapshot overlap": "overlap",
    "snapshot rebuild": "rebuild_snapshot",
    "snapshot recipe": "recipe",
    "snapshot restore": "restore",
    "snapshot show": "find_snapshot",
    "snapshot verify": "verify_snapshot",
    "status": "status",
    "steps": "steps",
    "sweep": "sweep",
    "undo": "way_back",
    "verify": "verify",
    "why": "version",
}
WITHOUT = {
    "completion": "is about the shell",
    "demo": "is a story told on a terminal",
    "doctor": "looks around where there may be no project",
    "guard": "is git's hook, and works without a project",
    "help": "is about commands",
    "init": "makes the project that a registry is opened in",
    "inventory": "looks at a folder that need not be a project",
    "inventory gaps": "looks at a folder that need not be a project",
    "inventory record": "looks at a folder that need not be a project",
    "inventory scan": "looks at a folder that need not be a project",
    "ledger rekey": "mends a store that cannot be opened: its key is lost",
    "rebuild": "mends a store that cannot be opened: its database is lost",
    "restore-store": "brings back a store that is not there",
    "whoami": "is about the person, in every project",
}


def commands() -> Iterator[str]:
    for name, (module, attribute) in COMMANDS.items():
        found = getattr(importlib.import_module(f"cairn.cli.{module}"), attribute)
        if isinstance(found, click.Group):
            yield from (f"{name} {each}" for each in found.commands)
            if found.invoke_without_command:
                yield name
        else:
            yield name


def test_every_command_has_its_method_or_its_reason() -> None:
    known = {*METHODS, *WITHOUT}

    assert set(commands()) == known
    assert not METHODS.keys() & WITHOUT.keys()


def test_the_methods_are_there_and_are_those_that_commands_use() -> None:
    missing = {name for name in METHODS.values() if not hasattr(cairn.Registry, name)}

    assert missing == {"settings"}  # which each registry has of its own
    assert set(METHODS.values()) <= attributes().keys()


def test_commands_send_no_request_themselves() -> None:
    assert not attributes().keys() & {"engine", "send"}


@cache
def attributes() -> dict[str, str]:
    """The attributes that the command line asks for, each with a file that does."""
    return {
        node.attr: file.name
        for file in CLI.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
    }
