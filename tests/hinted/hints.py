"""Hints in the source: every command that Cairn's own messages tell people to type.

A hint stands between backticks and begins with `cairn`, or is a whole text (or a line of one)
that is such a command. What is put together at run time stands as `{}` in it.
"""

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

import cairn
from cairn.cli.app import COMMANDS, app

HOME = Path(cairn.__file__).parent
_QUOTED = re.compile(r"`(cairn (?:--help|\{\}|[a-z-]+)(?: [^`]*)?)`")
_LINE = re.compile(r"^(?:#\s*)?(cairn ([a-z-]+)\b.*)$", re.MULTILINE)
_BEYOND = re.compile(r"`((?:git|dvc|PRAGMA|ALTER) [^`]+|--[a-z][^`]*)`")
_TOOL = re.compile(
    r"^(git (?:(?:init|add|commit|reset|lfs|annex)\b.*|rebase --interactive \S+))"
)
_SETTING = re.compile(r"[\w{}]+ = (?:\"[^\"]*\"|\[\"[^\]]*\])")
_FILLED = re.compile(r"\{\}")


class Hint(NamedTuple):
    """One command as a message has it, and the module whose message it is."""

    module: str
    command: str

    @property
    def words(self) -> list[str]:
        """The words as somebody would type them."""
        typed = _FILLED.sub("x", self.command).removesuffix(" ...")
        return shlex.split(typed)[1:]

    @property
    def shape(self) -> str:
        """The command without what is filled in: `gate set`, `promote --waiver`."""
        groups = {name for name in COMMANDS if is_group(name)}
        words = self.words[: self.words.index("--")] if "--" in self.words else self.words
        verb = words[: 2 if words[0] in groups and len(words) > 1 else 1]
        options = sorted({w for w in words[1:] if w.startswith("-")} - {"-m", "--reason"})
        return " ".join([*verb, *options])


def hints() -> list[Hint]:
    """Read every hint from the source, in order, each once."""
    found = [Hint(module, command) for module, text in _said() for command in _commands(text)]
    return list(dict.fromkeys(found))


def beyond() -> list[tuple[str, str]]:
    """Read every hint at something else: git and DVC, an option, a line of cairn.toml."""
    found = [(module, hint) for module, text in _said() for hint in _others(text)]
    return list(dict.fromkeys(found))


@cache
def _said() -> list[tuple[str, str]]:
    """Read every text of the source that is put into words, with its module."""
    return [
        (file.relative_to(HOME).as_posix(), text)
        for file in sorted(HOME.rglob("*.py"))
        for text in _texts(ast.parse(file.read_text()))
    ]


def _others(text: str) -> Iterator[str]:
    plain = " ".join(text.split()) + " " * text.endswith(" ")
    yield from _BEYOND.findall(plain)
    if "`" not in text:
        yield from _TOOL.findall(plain.partition(" to take")[0].partition(", then")[0])
    if "cairn.toml" in text and "cairn: policy/1" not in text:
        yield from _SETTING.findall(plain)


def _commands(text: str) -> Iterator[str]:
    plain = " ".join(text.split())
    yield from _QUOTED.findall(plain)
    if "`" not in text:
        for command, verb in _LINE.findall(text):
            if verb in COMMANDS:
                yield " ".join(command.split())


def _texts(tree: ast.AST) -> Iterator[str]:
    """Yield every text that is put into words, whole, but docstrings."""
    described = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if id(node) in described:
            continue
        text = _text(node)
        if text is not None:
            yield text
            continue
        stack.extend(reversed(list(ast.iter_child_nodes(node))))


def _text(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts
            )
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _text(left), _text(right)
            if first is None and second is None:
                return None
            return (first if first is not None else "{}") + (
                second if second is not None else "{}"
            )
        case _:
            return None


def is_group(name: str) -> bool:
    """Tell whether a command has commands below it."""
    return isinstance(app.get_command(click.Context(app), name), click.Group)


def refusal(words: Sequence[str]) -> str:
    """Say why `cairn` does not take these words as they stand; empty if it does."""
    command: click.Command = app
    words = list(words)
    while isinstance(command, click.Group):
        if not words:
            return "" if command.invoke_without_command else "needs a command"
        if words == ["--help"]:
            return ""
        inner = command.get_command(click.Context(command), words[0])
        if inner is None:
            return f"there is no command {words[0]}"
        command, words = inner, words[1:]
    context = click.Context(command)
    try:
        given, left, _ = command.make_parser(context).parse_args(words)
    except click.UsageError as error:
        return error.format_message()
    if left:
        return f"does not take {left[0]}"
    lacking = [
        parameter.name
        for parameter in command.params
        if parameter.required and not isinstance(given.get(str(parameter.name)), str | tuple)
    ]
    return f"lacks {', '.join(map(str, lacking))}" if lacking else ""
