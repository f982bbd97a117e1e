"""Handlers know a transaction, records and a request: no folder, no file, no environment."""

import ast
import inspect
import sys
from pathlib import Path

from cairn.engine.actions import ACTIONS
from cairn.engine.handlers import HANDLERS

OUTSIDE = {
    "os", "io", "pathlib", "shutil", "fcntl", "tempfile", "subprocess", "socket",
    "cairn.config", "cairn.rights", "cairn.identity", "cairn.engine.beside",
    "cairn.engine.segments", "cairn.engine.known",
}  # fmt: skip
HOMES = {
    function.__module__
    for function in (
        *(handler.answer for handler in HANDLERS.values()),
        *(action.apply for action in ACTIONS.values()),
        *(action.answer for action in ACTIONS.values()),
    )
}


def imported(module: str) -> set[str]:
    """Name the modules that a module imports, and those that it takes a name from."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module]))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def test_no_module_with_a_handler_reaches_a_folder_a_file_or_the_environment() -> None:
    reaching = {home: sorted(imported(home) & OUTSIDE) for home in sorted(HOMES)}

    assert {home: names for home, names in reaching.items() if names} == {}


def test_records_are_stored_in_one_place_of_the_engine() -> None:
    storing = {
        file.name
        for file in Path(inspect.getfile(sys.modules["cairn.engine.local"])).parent.glob(
            "*.py"
        )
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"put", "put_record", "put_file"}
    }

    assert storing == {"local.py"}
