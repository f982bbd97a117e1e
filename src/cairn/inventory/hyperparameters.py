"""Hyperparameters that are hard-coded: in calls of estimators, assignments and defaults."""

import ast
import re
from collections.abc import Iterator

from cairn.core.run import Scalar
from cairn.inventory.findings import HardCoded
from cairn.inventory.names import is_hyperparameter
from cairn.inventory.source import Source, called, scalar, shown

_LIBRARIES = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "torch.optim.", "keras.")
_OPTIONS = ("add_argument", "option", "Option", "add_option")
_SEEDS = frozenset({"random_state", "seed", "random_seed", "n_jobs", "verbose", "verbosity"})
_CLASS = re.compile(r"[A-Z]+[a-z]\w*|[A-Z]{2,}")


def hard_coded(source: Source) -> Iterator[HardCoded]:
    """List the literals that set hyperparameters, in the order of the source."""
    for node in source.nodes:
        match node:
            case ast.Call():
                yield from _of_call(source, node)
            case ast.Assign(targets=[target], value=value):
                yield from _of_assignment(source, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _of_assignment(source, target, value)
            case ast.Dict(keys=keys, values=values):
                yield from _of_dict(source, keys, values)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _of_defaults(source, node)
            case _:
                pass


def _of_call(source: Source, node: ast.Call) -> Iterator[HardCoded]:
    name = called(source, node)
    last = name.rpartition(".")[2]
    if last in _OPTIONS:
        yield from _of_option(source, node, last)
        return
    if last == "dict":
        keys = [k for k in node.keywords if k.arg and is_hyperparameter(k.arg)]
    elif name.startswith(_LIBRARIES) and _CLASS.fullmatch(last):
        keys = [k for k in node.keywords if k.arg and k.arg not in _SEEDS]
    else:
        keys = [k for k in node.keywords if k.arg and is_hyperparameter(k.arg)]
    for key in keys:
        yield from _one(
            source, key.value, name=key.arg or "", how=f"call of {last or 'a value'}"
        )


def _of_option(source: Source, node: ast.Call, last: str) -> Iterator[HardCoded]:
    """Read a default of argparse, click or typer: `add_argument("--lr", default=0.01)`."""
    flags = [
        a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
    ]
    default = next((k.value for k in node.keywords if k.arg == "default"), None)
    named = next((flag for flag in flags if is_hyperparameter(flag)), None)
    if named is not None and default is not None:
        yield from _one(source, default, name=named.lstrip("-"), how=f"default of {last}")


def _of_assignment(source: Source, target: ast.expr, value: ast.expr) -> Iterator[HardCoded]:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            pass
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            pass
        case _:
            return
    if is_hyperparameter(name):
        yield from _one(source, value, name=name, how="assignment")


def _of_dict(
    source: Source, keys: list[ast.expr | None], values: list[ast.expr]
) -> Iterator[HardCoded]:
    for key, value in zip(keys, values, strict=True):
        match key:
            case ast.Constant(value=str(name)) if is_hyperparameter(name):
                yield from _one(source, value, name=name, how="dictionary")
            case _:
                pass


def _of_defaults(
    source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[HardCoded]:
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    with_default = positional[len(positional) - len(given.defaults) :]
    pairs = [*zip(with_default, given.defaults, strict=True)]
    pairs += [(a, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d]
    for argument, default in pairs:
        if is_hyperparameter(argument.arg):
            how = f"default of {node.name}"
            yield from _one(source, default, name=argument.arg, how=how)


def _one(source: Source, value: ast.expr, *, name: str, how: str) -> Iterator[HardCoded]:
    found = scalar(value)
    if found is not None and not _says_nothing(found[0]):
        yield HardCoded(
            at=source.place(value.lineno), name=shown(name), value=found[0], how=shown(how)
        )


def _says_nothing(value: Scalar) -> bool:
    return value is None or value == ""
