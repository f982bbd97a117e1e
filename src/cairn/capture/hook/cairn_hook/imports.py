"""Look at a library right after it is imported, before the script takes names out of it."""

import sys

from . import journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

# Module -> the module here that watches it; each has `watch(module)`, safe to call again.
WATCHED = {
    "argparse": "options",
    "catboost": "boosters",
    "cloudpickle": "saved",
    "dill": "saved",
    "joblib": "saved",
    "lightgbm": "boosters",
    "numpy.random": "seeds_numpy",
    "onnx": "writers",
    "pickle": "saved",
    "random": "seeds",
    "safetensors.numpy": "writers",
    "safetensors.torch": "writers",
    "skops.io": "saved",
    "sklearn.base": "estimators",
    "sklearn.metrics": "metrics",
    "sklearn.model_selection": "splits",
    "torch": "writers",
    "xgboost": "boosters",
    **dict.fromkeys(("duckdb", "h5py", "lmdb", "netCDF4", "tables", "polars"), "readers"),
    **dict.fromkeys(("pyarrow.csv", "pyarrow.dataset", "pyarrow.feather"), "readers"),
    **dict.fromkeys(("pyarrow.json", "pyarrow.orc", "pyarrow.parquet"), "readers"),
}


def start() -> None:
    """Watch from now on; what is imported already is looked at now."""
    sys.meta_path.insert(0, _Finder())  # pyright: ignore[reportArgumentType] (duck-typed)
    for name in WATCHED:
        if name in sys.modules:
            _look(sys.modules[name])


class _Finder:
    """Finds nothing itself: lets the others find, and asks to be told when it has run."""

    def find_spec(
        self,
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        if fullname not in WATCHED:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                _follow(spec.loader)
                return spec
        return None


def _follow(loader: "Any") -> None:
    """Have `loader` tell when it has run its module; it is otherwise left as it is."""
    try:
        run = loader.exec_module

        def exec_module(module: "ModuleType") -> None:
            del loader.exec_module
            run(module)
            _look(module)

        loader.exec_module = exec_module
    except AttributeError as error:
        journal.fault("imports", error)


def _look(module: "ModuleType") -> None:
    try:
        watcher = WATCHED[module.__name__]
        package = __name__.rpartition(".")[0]
        __import__("%s.%s" % (package, watcher))
        sys.modules["%s.%s" % (package, watcher)].watch(module)
    except Exception as error:
        journal.fault("imports", error)
