"""Labels move through one door: read the SQL and the code for any other way in.

An entry of the ledger writes label rows, through the `apply` of its action; so the door is
shut if one function runs the one statement, three actions lead to that function, and two
handlers draft those actions: a move that is made against the gate is an action of its own.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cairn
from cairn.core.label import MoveLabel, Rollback
from cairn.engine.actions import ACTIONS
from cairn.engine.handlers import HANDLERS
from cairn.sql.database import queries

HOME = Path(cairn.__file__).parent
MOVES = {"label.move", "label.override", "label.rollback"}
WRITE = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)"
    r"\s+[\"`\[]?label_move\b",
    re.IGNORECASE,
)
WRITERS = {name for name, text in queries().items() if WRITE.search(text)}


@cache
def modules() -> list[tuple[str, ast.Module]]:
    return [
        (file.relative_to(HOME).as_posix(), ast.parse(file.read_text("utf-8")))
        for file in sorted(HOME.rglob("*.py"))
    ]


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for place, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                yield f"{place}:{node.name}", node


def texts(tree: ast.AST) -> set[str]:
    """Collect the string constants below a node."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def called_with(tree: ast.AST, names: set[str]) -> bool:
    """Tell whether a call below `tree` is handed one of `names`, bare or as an attribute."""
    return any(
        word(argument) in names
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords))
    )


def word(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return None


def spelled_out(node: ast.expr) -> bool:
    """Tell whether a text stands in the code as it is, or one of two does."""
    if isinstance(node, ast.IfExp):
        return spelled_out(node.body) and spelled_out(node.orelse)
    return isinstance(node, ast.Constant)


def where(function: object) -> str:
    """Say where a function lies, as `functions` does."""
    module = function.__module__.removeprefix("cairn.").replace(".", "/")
    return f"{module}.py:{function.__qualname__}"  # pyright: ignore[reportAttributeAccessIssue] (functions have a name)


def test_only_the_queries_of_labels_write_label_rows() -> None:
    files = {
        file.relative_to(HOME).as_posix()
        for file in HOME.rglob("*.sql")
        if WRITE.search(file.read_text("utf-8"))
    }

    assert files == {"sql/queries/label.sql"}


def test_label_rows_are_only_ever_added() -> None:
    verbs = {queries()[name].split()[0].upper() for name in WRITERS}

    assert verbs == {"INSERT"}


def test_no_python_holds_a_statement_that_writes_label_rows() -> None:
    holders = [place for place, tree in modules() if any(map(WRITE.search, texts(tree)))]

    assert holders == []


def test_statements_are_named_where_they_are_run() -> None:
    unnamed = [
        f"{place}:{node.lineno}"
        for place, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("run", "all", "one")
        and word(node.func.value) == "tx"
        and not spelled_out(node.args[0])
    ]

    assert unnamed == []


def test_one_function_runs_the_statement_and_three_actions_lead_to_it() -> None:
    runs = {place for place, tree in functions() if WRITERS & texts(tree)}

    leads = {name for name, action in ACTIONS.items() if where(action.apply) in runs}

    assert len(runs) == 1
    assert leads == MOVES


def test_nobody_else_calls_that_function() -> None:
    (run,) = {place for place, tree in functions() if WRITERS & texts(tree)}
    name = run.rpartition(":")[2]

    users = {
        place
        for place, tree in modules()
        if any(word(node) == name for node in ast.walk(tree) if isinstance(node, ast.expr))
    }

    assert users == {"engine/actions.py"}


def test_two_handlers_draft_those_actions() -> None:
    spelled = {
        place
        for place, tree in modules()
        if place.startswith("engine/") and MOVES & texts(tree)
    }
    drafting = {
        place
        for place, tree in functions()
        if called_with(tree, {"MOVED", "OVERRIDDEN", "ROLLED_BACK"})
    }

    verbs = {kind for kind, handler in HANDLERS.items() if where(handler.answer) in drafting}

    assert spelled == {"engine/label_moves.py"}
    assert verbs == {MoveLabel, Rollback}
    assert len(drafting) == len(verbs)
