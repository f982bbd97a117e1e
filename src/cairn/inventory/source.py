"""Python sources and notebooks as syntax trees: parsed, never imported, never run."""

import ast
import json
import math
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

from cairn.core.run import Scalar
from cairn.core.secret import redact
from cairn.inventory.walk import Unreadable

MOST_BYTES = 2_000_000
MOST_NOTEBOOK_BYTES = 64_000_000
LONGEST_TEXT = 200
_EXACT = 2**53
_DEEPEST_FOLD, _NAME_DEPTH = 20, 5
_JOINS = ("Path", "PurePath", "join")


class Source(NamedTuple):
    """One file of code: the syntax nodes that can tell something, constants and imports.

    `place` turns a line of the tree into what a person looks for: `train.py:12`. `broken`
    lists the notebook cells that are not Python.
    """

    nodes: tuple[ast.AST, ...]
    constants: dict[str, ast.expr]
    imports: dict[str, str]
    place: Callable[[int], str]
    broken: tuple[str, ...] = ()


def read_script(name: str, content: bytes) -> Source:
    """Parse a Python file; raises `Unreadable` with the line for one that is broken."""
    return _source(_parse(content), lambda line: f"{name}:{line}")


def read_notebook(name: str, content: bytes) -> Source:
    """Parse the code cells of a notebook as one module; raises `Unreadable`."""
    starts: list[int] = []
    lines: list[str] = []
    broken: list[str] = []
    for number, cell in enumerate(_cells(content), start=1):
        starts.append(len(lines))
        try:
            _parse("\n".join(cell).encode("utf-8", "replace"))
            lines.extend(cell)
        except Unreadable as error:
            broken.append(f"cell {number}, {error}")
            lines.extend("" for _ in cell)

    def place(line: int) -> str:
        number = max(i for i, start in enumerate(starts, start=1) if start < line)
        return f"{name}:cell {number}:{line - starts[number - 1]}"

    tree = _parse("\n".join(lines).encode("utf-8", "replace"))
    return _source(tree, place)._replace(broken=tuple(broken))


def called(source: Source, call: ast.Call) -> str:
    """Return the dotted name of what is called, as it was imported: `sklearn.svm.SVC`."""
    parts: list[str] = []
    node: ast.expr = call.func
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(source.imports.get(node.id, node.id))
    return ".".join(reversed(parts))


def text_of(source: Source, node: ast.AST, *, depth: int = 0) -> str | None:
    """Put together the text that an expression stands for, with `{}` for what is not known.

    Follows constants of the file, `+`, `/` and `%`, f-strings, `Path(...)`,
    `os.path.join(...)` and `.format(...)`. None if no part of it is text.
    """
    if depth > _DEEPEST_FOLD:
        return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        known = source.constants.get(node.id)
        return text_of(source, known, depth=depth + _NAME_DEPTH) if known else None
    parts, between = _parts(source, node)
    texts = [text_of(source, part, depth=depth + 1) for part in parts]
    return between.join("{}" if t is None else t for t in texts) if any(texts) else None


def _parts(source: Source, node: ast.AST) -> tuple[list[ast.expr], str]:
    """Take an expression of text apart; returns what stands between its parts as well."""
    parts: list[ast.expr] = []
    between = ""
    match node:
        case ast.JoinedStr(values=values):
            parts = values
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [left, right]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            parts, between = [left, right], "/"
        case (
            ast.FormattedValue(value=value)
            | ast.BinOp(left=value, op=ast.Mod())
            | ast.Call(func=ast.Attribute(attr="format", value=value))
        ):
            parts = [value]
        case ast.Call(args=args) if called(source, node).rpartition(".")[2] in _JOINS:
            parts, between = args, "/"
        case _:
            pass
    return parts, between


def scalar(node: ast.AST) -> tuple[Scalar] | None:
    """Return the value of a literal in a tuple; lists of literals come as text."""
    try:
        value: object = ast.literal_eval(cast("ast.expr", node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return (plain(value),)


def plain(value: object) -> Scalar:
    """Turn a value into one that can be recorded; what is none becomes text."""
    match value:
        case None | bool():
            return value
        case int() if abs(value) <= _EXACT:
            return value
        case float() if math.isfinite(value):
            return value
        case str():
            return shown(value)
        case int():
            return shown(hex(value))  # in decimal, Python refuses very long ones
        case _:
            return shown(repr(value))


def shown(text: str) -> str:
    """Make text fit for one line that is committed: no secrets, no controls, not too long."""
    start = text[: 10 * LONGEST_TEXT].encode("utf-8", "backslashreplace").decode()
    line = redact(" ".join(start.split()))
    line = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line)
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 3] + "..."


def _parse(content: bytes) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the project's author will be told anyway
            return ast.parse(content)
    except SyntaxError as error:
        raise Unreadable(f"line {error.lineno or 1}: not valid Python: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"not valid Python: {error or 'nested too deeply'}") from error


def _source(tree: ast.Module, place: Callable[[int], str]) -> Source:
    nodes = _in_order(tree)
    return Source(nodes, constants=_constants(tree), imports=_imports(nodes), place=place)


_TELLING = frozenset(
    {ast.Call, ast.Constant, ast.JoinedStr, ast.BinOp, ast.Dict, ast.Assign, ast.AnnAssign}
    | {ast.FunctionDef, ast.AsyncFunctionDef, ast.If, ast.Import, ast.ImportFrom}
)


def _in_order(tree: ast.Module) -> tuple[ast.AST, ...]:
    """List the nodes that can tell something as they are written, each before its parts.

    Docstrings, and other constants that nothing is done with, are left out.
    """
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if type(node) in _TELLING:
            found.append(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        parts: list[ast.AST] = []
        for field in node._fields:
            value: object = getattr(node, field, None)
            if isinstance(value, ast.AST):
                parts.append(value)
            elif isinstance(value, list):
                parts += [p for p in cast("list[object]", value) if isinstance(p, ast.AST)]
        waiting += reversed(parts)
    return tuple(found)


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Find the names that the module assigns exactly once."""
    assigned: dict[str, list[ast.expr]] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                assigned.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                assigned.setdefault(name, []).append(value)
            case _:
                pass
    return {name: values[0] for name, values in assigned.items() if len(values) == 1}


def _imports(nodes: tuple[ast.AST, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update({a.asname: a.name for a in node.names if a.asname})
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            found.update({a.asname or a.name: f"{origin}.{a.name}" for a in node.names})
    return found


def _cells(content: bytes) -> Iterator[list[str]]:
    """Yield the lines of each cell; those of other languages and kinds are empty."""
    try:
        notebook: Any = json.loads(content)
        language = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "python")
        cells = [(c["cell_type"], c["source"]) for c in notebook["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("not a notebook that can be read") from error
    for kind, written in cells:
        lines = cast("list[Any]", written) if isinstance(written, list) else [written]
        text = "".join(map(str, lines))
        yield _plain_lines(text) if kind == "code" and language == "python" else []


_LINE_MAGIC = re.compile(r"(\s*)(?:[%!].*|\??[\w.]+\?{1,2})")
_SQL_MAGIC = re.compile(r"\s*%sql\s+(.*)")


def _plain_lines(cell: str) -> list[str]:
    """Rewrite what only IPython understands, line by line; `%%sql` becomes a call of `sql`."""
    lines = cell.split("\n")
    if lines[0].startswith("%%sql"):
        return ['sql(r"""', *lines[1:-1], f'{lines[-1]}""")'] if len(lines) > 1 else [""]
    if lines[0].startswith("%%") and not lines[0].startswith(("%%time", "%%capture")):
        return ["" for _ in lines]
    return [_plain_line(line) for line in lines]


def _plain_line(line: str) -> str:
    if query := _SQL_MAGIC.fullmatch(line):
        return f'sql(r"""{query[1]}""")'
    magic = _LINE_MAGIC.fullmatch(line)
    return f"{magic[1]}pass" if magic else line
