"""Writes `docs/reference/settings.md` from the types that read the settings.

    python tests/examples/settings_page.py

A test compares the page with what this writes.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from cairn import config
from cairn.core.check import Check
from cairn.core.request import Record
from cairn.gates.policy import ApprovalsFile, PolicyFile
from cairn.stats.metrics import KINDS, SYNONYMS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
HEAD = """\
# Settings

Every key of `cairn.toml` and of policy files, every variable of the environment, every
metric. This page is written from the types that read them (`python
tests/examples/settings_page.py`), and a test compares it with them. A key that is not listed
is refused, with those that there are.
"""
_WORDS = {str: "text", bool: "true or false", float: "number", int: "whole number"}
_TAKES = {
    "": "",
    "threshold": "`@0.3`: from which score on",
    "k": "`@10`: how many first places",
}
_TAKES["bins"] = "`@10`: how many bins"
_TAKES["clip"] = "`@0.01`: how near to 0 and 1 a score may come"


def text() -> str:
    """Return the whole page."""
    parts = [HEAD, "## cairn.toml\n", _table(config.File)]
    for title, kind in (
        ("[model.NAME]", config.ModelSettings),
        ("[model.NAME.evaluation]", config.EvaluationSettings),
        ("[guard]", config.GuardSettings),
    ):
        parts += [f"### {title}\n", _said(kind), _table(kind)]
    parts += ["## Environment\n", _variables()]
    parts += ["## Policy files\n", _said(PolicyFile), _table(PolicyFile)]
    parts += ["### approvals\n", _said(ApprovalsFile), _table(ApprovalsFile)]
    parts.append("## Checks\n")
    for check in get_args(Check):
        parts += [f"### {check.__struct_config__.tag}\n", _said(check), _table(check)]
    parts += ["## Metrics\n", _metrics()]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _said(kind: type[Record]) -> str:
    paragraphs = inspect.getdoc(kind) or ""
    return paragraphs + "\n"


def _table(kind: type[Record]) -> str:
    hints = get_type_hints(kind, include_extras=True)
    ours = kind.__module__ == config.__name__
    rows = [
        f"| `{field.name}` | {_value(field.name, hints[field.name], ours=ours)} "
        f"| {_default(field)} |"
        for field in msgspec.structs.fields(kind)
    ]
    return "\n".join(["| key | value | if it is left out |", "|---|---|---|", *rows])


def _value(name: str, hint: Any, *, ours: bool) -> str:
    """Say what a key must be: in the words of the error that it raises, if there are any."""
    said = config.MUST_BE.get(name, "").removeprefix("must be ") if ours else ""
    return said.replace("|", "or") or _type(hint)


def _default(field: Any) -> str:
    if field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT:
        return "must be there"
    value = field.default if field.default is not msgspec.NODEFAULT else None
    if isinstance(value, tuple) and value:
        return ", ".join(f"`{one}`" for one in value)
    if value is None or value in ("", ()) or isinstance(value, Record):
        return ""
    return f"`{value}`"


def _type(hint: Any) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    match origin:
        case _ if origin is Annotated:
            said = _bounded(_type(parts[0]), parts[1:])
        case _ if origin is Literal:
            said = " or ".join(f"`{part}`" for part in parts)
        case _ if origin is tuple:
            said = f"list of {_type(parts[0])}"
        case _ if origin is dict:
            said = "a section" if parts[1] is Any else f"a section of {_type(parts[1])}"
        case _ if parts:
            said = _one_of([part for part in parts if part is not type(None)])
        case _:
            said = _plain(hint)
    return said


def _one_of(hints: Sequence[Any]) -> str:
    if tuple(hints) == get_args(Check):
        return "checks, see below"
    return " or ".join(dict.fromkeys(map(_type, hints)))


def _plain(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, Record):
        return "a mapping with " + ", ".join(f"`{name}`" for name in hint.__struct_fields__)
    return _WORDS.get(hint, "a mapping")


def _bounded(said: str, metas: tuple[Any, ...]) -> str:
    bounds = [
        f"{word} {limit:g}"
        for meta in metas
        for word, limit in (
            ("above", getattr(meta, "gt", None)),
            ("at least", getattr(meta, "ge", None)),
            ("below", getattr(meta, "lt", None)),
            ("at most", getattr(meta, "le", None)),
        )
        if limit is not None
    ]
    return f"{said}, {' and '.join(bounds)}" if bounds else said


def _variables() -> str:
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(inspect.getsource(config))):
        if isinstance(node, ast.FunctionDef):
            for name, said in _named(ast.get_docstring(node) or ""):
                found.setdefault(name, said)
    rows = [f"| `{name}` | {said} |" for name, said in sorted(found.items())]
    return "\n".join(["| variable | |", "|---|---|", *rows])


def _named(described: str) -> Iterator[tuple[str, str]]:
    for sentence in re.split(r"(?<=\.)\s+|;\s+", " ".join(described.split())):
        for name in re.findall(r"`(CAIRN_[A-Z_]+)`", sentence):
            yield name, re.sub(r"^Return (`\w+`: )?", "", sentence)


def _metrics() -> str:
    rows: list[str] = []
    for word, kind in KINDS.items():
        also = ", ".join(f"`{one}`" for one, meant in SYNONYMS.items() if meant == word)
        tasks = "every" if word == "mean" else ", ".join(kind.tasks)
        name = "mean/NAME" if word == "mean" else word
        takes = _TAKES.get(kind.takes, kind.takes)
        rows.append(f"| `{name}` | {tasks} | {kind.better} | {takes} | {also} |")
    said = (
        "`_score` at the end of a name says nothing: `f1_score` is `f1`. Of several classes, "
        "`recall/late` is\nthe recall of one of them; so are `specificity`, `selection_rate`, "
        "`precision`, `f1` and `roc_auc` asked for.\n"
    )
    head = ["| metric | tasks | better | takes | also called |", "|---|---|---|---|---|"]
    return said + "\n" + "\n".join([*head, *rows])


if __name__ == "__main__":
    PAGE.write_text(text())
