"""Models that the script saves and loads, by joblib, pickle and their relatives.

A model that is saved is stored a second time by Cairn, in a format that can be loaded without
running code, with a few predictions that any later loading must repeat.
"""

import gc
import os
import sys

from . import calls, evaluated, fitted, frames, journal, plain, seeds, seeds_numpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_count = [0]
any_saved = [False]
_by_path: "dict[str, fitted.Fit]" = {}


def watch(module: "ModuleType") -> None:
    """Watch what dumps to files, what dumps to bytes, and what loads."""
    for name, follow in (("dump", _dumped), ("dumps", _dumped_bytes), ("load", _loaded)):
        calls.replace(module, name, follow)


@journal.guarded
def _dumped(_start: "Any", _result: "Any", args: "Any", named: "Any") -> None:
    value = calls.argument(args, named, 0, "value", "obj")
    place = place_of(calls.argument(args, named, 1, "filename", "file"))
    if place is not None:
        written(value, place)


def written(value: "Any", place: str, *, own: bool = False) -> None:
    """Note what was written to a file: a model, or what a model may need beside it.

    `own` says that the file is in the format of the model's own library.
    """
    model = _model_in(value)
    if model is not None:
        _by_path[place] = _fit(model)
        where = {"path": journal.escaped(place), "inode": _inode(place)}
        _saved(model, whole=model is value, own=own, **where)
    elif _prepares(value):
        kind = type(value).__qualname__
        journal.write("companion", path=journal.escaped(place), kind=kind)


def moved(before: str, after: str) -> None:
    """Follow a saved model to another name."""
    if before in _by_path:
        _by_path[after] = _by_path.pop(before)


def _prepares(value: "Any") -> bool:
    """Tell what prepares inputs or reads outputs: a scaler, an encoder, a tokenizer."""
    names = ("transform", "inverse_transform", "encode", "tokenize")
    kind = type(value)
    return kind.__module__ != "builtins" and any(
        callable(getattr(kind, n, None)) for n in names
    )


def _inode(place: str) -> int:
    try:
        return os.stat(place).st_ino
    except OSError:
        return 0


@journal.guarded
def _dumped_bytes(_start: "Any", result: "Any", args: "Any", named: "Any") -> None:
    value = calls.argument(args, named, 0, "obj")
    model = _model_in(value)
    if model is not None and isinstance(result, bytes):
        from hashlib import sha256

        digest = "sha256:" + sha256(result).hexdigest()
        _saved(model, whole=model is value, digest=digest)


@journal.guarded
def _loaded(_start: "Any", result: "Any", args: "Any", named: "Any") -> None:
    model = _model_in(result)
    place = place_of(calls.argument(args, named, 0, "filename", "file"))
    if model is None or place is None or fitted.fit_of(model) is not None:
        return
    fit = _by_path.get(place)
    if fit is None:
        fit = fitted.Fit(fitted.new_key(), 0)
        fit.saved = True
        journal.write("loaded", model=fit.key, path=journal.escaped(place))
    fitted.remember(model, fit)


def _model_in(value: "Any") -> "Any":
    """Find the one fitted model in what is saved: itself, or an entry of a container."""
    if _is_model(value):
        return value
    entries = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list, tuple)):
        return None
    found = [entry for entry in entries if _is_model(entry)]
    return found[0] if len(found) == 1 else None


def _is_model(value: "Any") -> bool:
    if not fitted.is_predictor(value):
        return False
    if fitted.fit_of(value) is not None or isinstance(value, tuple(fitted.kinds)):
        return True
    validation = sys.modules["sklearn.utils.validation"]
    try:
        validation.check_is_fitted(value)
    except Exception:  # NotFittedError, or a class of its own making
        return False
    return True


def place_of(target: "Any") -> "str | None":
    """Find the path behind a file name or an open file."""
    named = getattr(target, "name", target)
    if not isinstance(named, (str, bytes, os.PathLike)):
        return None
    return os.path.abspath(os.fsdecode(named))


def _fit(model: "Any") -> "fitted.Fit":
    fit = fitted.fit_of(model)
    if fit is None:
        fit = fitted.Fit(fitted.new_key(), 0)
        fitted.remember(model, fit)
    return fit


def _saved(model: "Any", *, whole: bool, own: bool = False, **where: "Any") -> None:
    any_saved[0] = True
    seeds_numpy.check()
    fit = _fit(model)
    fit.saved = True
    collects = gc.isenabled()
    gc.disable()  # a round looks at all libraries of the script, which costs as much again
    try:
        with seeds.undisturbed():
            evaluated.complete()
            copy = _safe_copy(model, fit)
            copy = {} if own and "reason" in copy else copy  # its own format is as good
            frame = fit.frame()
    finally:
        if collects:
            gc.enable()
    journal.write(
        "saved",
        model=fit.key,
        generation=fit.generation,
        kind=type(model).__qualname__,
        frame=frame,
        whole=whole,
        parameters=_parameters(model, fit),
        **where,
        **copy,
    )


def _parameters(model: "Any", fit: "fitted.Fit") -> "dict[str, Any]":
    if fit.parameters is None:
        asked = fit.given() if fit.given is not None and _is_booster(model) else None
        return plain.parameters(model if asked is None else asked)
    given = {name: plain.scalar(value) for name, value in sorted(fit.parameters.items())}
    return {"estimator": type(model).__qualname__, **given}


def _is_booster(model: "Any") -> bool:
    """Tell the part of an estimator that does its work: it has no parameters of its own."""
    return type(model).__name__ == "Booster"


def _safe_copy(model: "Any", fit: "fitted.Fit") -> "dict[str, Any]":
    """Store the model by Cairn's own means; what went wrong is part of the event."""
    if frames.writer() is None:
        return {"reason": "Cairn is not installed in the script's environment"}
    from pathlib import Path

    from cairn.core.errors import CairnError
    from cairn.flavors.choose import flavor_for

    _count[0] += 1
    name = "%d-%d" % (os.getpid(), _count[0])
    folder = Path(journal.folder_beside("models")) / name
    files = folder / "files"
    try:
        flavor = flavor_for(model)
        files.mkdir(parents=True)
        flavor.save(model, files)
    except CairnError as error:
        return {"reason": str(error), "main": plain.of_main(model)}
    return {"folder": name, "flavor": flavor.name, **_golden(model, fit, folder)}


def _golden(model: "Any", fit: "fitted.Fit", folder: "Any") -> "dict[str, Any]":
    from cairn.core.errors import CairnError
    from cairn.flavors.frames.frame import columns
    from cairn.flavors.golden import make_golden

    if fit.sample is None:
        return {"golden_reason": "no rows that the model was fitted to were seen"}
    signature = {"inputs": [list(pair) for pair in columns(fit.sample)]}
    try:
        made = make_golden(model, fit.sample, folder / "golden")
    except CairnError as error:
        return {"golden_reason": str(error), **signature}
    return {**signature, "method": made.method}
