"""Writes `docs/reference/api.md` from the public names, their signatures and docstrings.

    python tests/examples/api_page.py

A test compares the page with what this writes.
"""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

import cairn
import cairn.core
from cairn.core.errors import CairnError
from cairn.registry.session import Session
from cairn.served import Served

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
HEAD = """\
# Python

Every public name of `cairn`, as the code itself declares it. This page is written from
signatures and docstrings (`python tests/examples/api_page.py`), and a test compares it with
them. What is not listed here may change in any release.
"""
RECORDS = """\
## What the methods return

Frozen values. `to_frame()` of what `versions` returns makes a data frame of them.
"""
ERRORS = """\
## Errors

Each says in one sentence what happened, and has `fix`, which says what to do. A command that
ends with one exits with its number.

| class | exit code | what it means |
|---|---|---|
"""


def text() -> str:
    """Return the whole page."""
    parts = [HEAD]
    parts += [_function(getattr(cairn, name)) for name in ("open", "run", "load")]
    for title, kind, opened in (
        ("Registry", cairn.Registry, "registry = cairn.open()"),
        ("A run", Session, 'with cairn.run("churn") as run:'),
        ("A loaded model", Served, 'served = cairn.load("churn@production")'),
    ):
        parts += [f"## {title}\n", f"`{opened}`\n", (inspect.getdoc(kind) or "") + "\n"]
        parts += [_fields(kind)] if kind is Served else list(_methods(kind))
    parts.append(RECORDS)
    parts += [
        f"### {kind.__name__}\n\n{inspect.getdoc(kind)}\n\n{_fields(kind)}"
        for kind in records()
    ]
    public = [getattr(cairn, name) for name in cairn.__all__]
    errors = [
        kind for kind in public if isinstance(kind, type) and issubclass(kind, CairnError)
    ]
    rows = [
        f"| `{kind.__name__}` | {kind.exit_code} | {_first(kind)} |"
        for kind in sorted(errors, key=lambda kind: kind.exit_code)
    ]
    parts.append(ERRORS + "\n".join(rows))
    return "\n".join(part.rstrip() + "\n" for part in parts)


def records() -> list[type[Any]]:
    """The types that methods return and that have fields, by name."""
    said = " ".join(_returns(member) for _, member in members(cairn.Registry))
    names = set(re.findall(r"[A-Z]\w+", said))
    found = {
        kind.__name__: kind
        for module in pkgutil.iter_modules(cairn.core.__path__, "cairn.core.")
        for kind in vars(importlib.import_module(module.name)).values()
        if isinstance(kind, type) and kind.__name__ in names and _has_fields(kind)
    }
    return [found[name] for name in sorted(found)]


def members(kind: type[Any]) -> Iterator[tuple[str, Any]]:
    """Public methods and properties in the order in which they are written."""
    for base in reversed(kind.__mro__):
        for name, member in vars(base).items():
            if not name.startswith("_") and (
                inspect.isfunction(member) or isinstance(member, property)
            ):
                yield name, member


def _methods(kind: type[Any]) -> Iterator[str]:
    for name, member in members(kind):
        if isinstance(member, property):
            said = f"{name}: {_returns(member)}"
            yield f"### {name}\n\n```python\n{said}\n```\n\n{inspect.getdoc(member)}\n"
        else:
            yield _function(member, heading="###", name=name, drop_self=True)


def _function(
    function: Callable[..., Any],
    *,
    heading: str = "##",
    name: str = "",
    drop_self: bool = False,
) -> str:
    name = name or f"cairn.{function.__name__}"
    signature = _signature(function, name, drop_self=drop_self)
    return f"{heading} {name}\n\n```python\n{signature}\n```\n\n{inspect.getdoc(function)}\n"


def _signature(function: Callable[..., Any], name: str, *, drop_self: bool) -> str:
    asked = _node(function).args
    if drop_self:
        asked.args = asked.args[1:]
    arguments, end = list(_arguments(asked)), f" -> {_returns(function)}"
    whole = f"{name}({', '.join(arguments)}){end}"
    if len(whole) <= 80:
        return whole
    return f"{name}(\n" + "".join(f"    {each},\n" for each in arguments) + f"){end}"


def _arguments(asked: ast.arguments) -> Iterator[str]:
    given = [None] * (len(asked.args) - len(asked.defaults)) + list(asked.defaults)
    for each, default in zip(asked.args, given, strict=True):
        yield _argument(each, default)
    if asked.kwonlyargs and not asked.vararg:
        yield "*"
    if asked.vararg:
        yield f"*{ast.unparse(asked.vararg)}"
    for each, default in zip(asked.kwonlyargs, asked.kw_defaults, strict=True):
        yield _argument(each, default)
    if asked.kwarg:
        yield f"**{ast.unparse(asked.kwarg)}"


def _argument(each: ast.arg, default: ast.expr | None) -> str:
    kind = ast.unparse(each.annotation).strip("'") if each.annotation else ""
    said = f"{each.arg}: {kind}" if kind else each.arg
    return said + (f" = {ast.unparse(default)}" if default else "")


def _returns(member: Any) -> str:
    said = _node(member.fget if isinstance(member, property) else member).returns
    return ast.unparse(said).strip("'") if said else "None"


def _node(function: Any) -> ast.FunctionDef:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    return node


def _has_fields(kind: type[Any]) -> bool:
    return issubclass(kind, msgspec.Struct | tuple) or dataclasses.is_dataclass(kind)


def _fields(kind: type[Any]) -> str:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)
    rows = ["| field | type |", "|---|---|"]
    for each in node.body:
        if isinstance(each, ast.AnnAssign):
            kind_said = ast.unparse(each.annotation).strip("'").replace("|", "\\|")
            rows.append(f"| `{ast.unparse(each.target)}` | `{kind_said}` |")
    return "\n".join(rows)


def _first(kind: type[Any]) -> str:
    return (inspect.getdoc(kind) or "").split("\n")[0].replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(text())
