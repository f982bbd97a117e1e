"""Import skops without all of scikit-learn.

When it is imported, skops lists every estimator and every ufunc that it trusts by default.
That imports the whole of scikit-learn, and takes as long again as the library of the model.
Here these lists are made when they are asked for. Cairn never asks: it names what it trusts.

It also imports all clusterings, for one of them that it cannot store. Here that one is known
by its name.
"""

import builtins
import sys
from abc import ABCMeta
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

_trusting: list[None] = []


@contextmanager
def naming_what_is_trusted() -> Generator[None]:
    """Have skops look at the names that it is given, and not for others besides."""
    _trusting.append(None)
    try:
        yield
    finally:
        _trusting.pop()


def light_skops() -> Any:
    """Import `skops.io`, or return it as it is if somebody has imported it already."""
    if "skops.io" in sys.modules:
        return sys.modules["skops.io"]
    utils, sklearn = _part("skops.io._utils"), _untyped("sklearn.utils")
    whole = sklearn.all_estimators, utils.get_public_type_names
    sklearn.all_estimators = list
    utils.get_public_type_names = _none
    try:
        _part("skops.io._sklearn")
        found = _untyped("skops.io")
    finally:
        sklearn.all_estimators, utils.get_public_type_names = whole
    for name in [name for name in sys.modules if name.startswith("skops.io._")]:
        setattr(found, name.rpartition(".")[2], sys.modules[name])  # as importing it does
    _put("SKLEARN_ESTIMATOR_TYPE_NAMES", _estimators)
    _put("SCIPY_UFUNC_TYPE_NAMES", _ufuncs_of_scipy)
    _put("NUMPY_UFUNC_TYPE_NAMES", _ufuncs_of_numpy)
    return found


def _none(module: object, oftype: object) -> list[str]:
    del module, oftype
    return []


class _Later(list[str]):
    """A list of names that is filled when skops asks for its defaults."""

    def __init__(self, fill: Callable[[], Iterable[str]]) -> None:
        super().__init__()
        self._fill = fill

    def __add__(self, others: Any) -> Any:
        """Join as skops does, filled unless the caller says itself what it trusts."""
        return [*self._filled(), *(others._filled() if isinstance(others, _Later) else others)]

    def _filled(self) -> list[str]:
        if not self and not _trusting:
            self.extend(self._fill())
        return self


def _put(name: str, fill: Callable[[], Iterable[str]]) -> None:
    names = _Later(fill)
    for module in ("skops.io._trusted_types", "skops.io._general"):
        setattr(_untyped(module), name, names)


def _part(name: str) -> Any:
    """Import one module of skops before the package that it is in, and no clusterings."""
    package = ModuleType("skops.io")
    package.__path__ = [str(Path(_untyped("skops").__file__).parent / "io")]
    sys.modules["skops.io"] = package
    try:
        spec = find_spec(name)
        if spec is None or spec.loader is None:
            return _untyped(name)
        module = module_from_spec(spec)
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        del sys.modules["skops.io"]


class Birch(metaclass=ABCMeta):  # noqa: B024 (nobody makes one)
    """Stands for the clustering that skops refuses, whoever imports it, and when."""

    @classmethod
    def __subclasshook__(cls, other: type) -> bool:
        """Tell the class by its name."""
        return (other.__module__, other.__qualname__) == ("sklearn.cluster._birch", "Birch")


def _import(name: str, *context: Any, **named: Any) -> Any:
    """Import for a module of skops."""
    if name == "sklearn.cluster" and name not in sys.modules:
        return SimpleNamespace(Birch=Birch)
    if name == "sklearn.covariance._graph_lasso":
        raise ImportError("what skops looks for there is gone since scikit-learn 1.2")
    return builtins.__import__(name, *context, **named)


def _estimators() -> list[str]:
    spell = _untyped("skops.io._utils").get_type_name
    names = (spell(kind) for _, kind in _untyped("sklearn.utils").all_estimators())
    return [name for name in names if name.startswith("sklearn.")]


def _ufuncs_of_scipy() -> list[str]:
    wrapper = _untyped("skops.utils._fixes").get_scipy_ufunc_wrapper_type()
    kinds = [_untyped("numpy").ufunc, *([wrapper] if wrapper else [])]
    return sorted({name for kind in kinds for name in _public("scipy.special", kind)})


def _ufuncs_of_numpy() -> list[str]:
    return _public("numpy", _untyped("numpy").ufunc)


def _public(module: str, kind: Any) -> list[str]:
    listing = _untyped("skops.io._utils").get_public_type_names
    return listing(module=_untyped(module), oftype=kind)


def _untyped(name: str) -> Any:
    return import_module(name)
