"""Models that the script saves and loads, by joblib, pickle and their relatives.

A model that is saved is stored a second time by Cairn, in a format that can be loaded without
running code, with a few predictions that any later loading must repeat.
"""

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
    model = _model_in(value)
    place = _place(calls.argument(args, named, 1, "filename", "file"))
    if model is not None and place is not None:
        _by_path[place] = _fit(model)
        _saved(model, whole=model is value, path=journal.escaped(place))


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
    place = _place(calls.argument(args, named, 0, "filename", "file"))
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
    if fitted.fit_of(value) is not None:
        return True
    validation = sys.modules["sklearn.utils.validation"]
    try:
        validation.check_is_fitted(value)
    except Exception:  # NotFittedError, or a class of its own making
        return False
    return True


def _place(target: "Any") -> "str | None":
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


def _saved(model: "Any", *, whole: bool, **where: str) -> None:
    any_saved[0] = True
    seeds_numpy.check()
    fit = _fit(model)
    fit.saved = True
    with seeds.undisturbed():
        evaluated.complete()
        copy, frame = _safe_copy(model, fit), fit.frame()
    journal.write(
        "saved",
        model=fit.key,
        generation=fit.generation,
        kind=type(model).__qualname__,
        frame=frame,
        whole=whole,
        parameters=plain.parameters(model),
        **where,
        **copy,
    )


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
        return {"reason": str(error)}
    return {"folder": name, "flavor": flavor.name, **_golden(model, fit, folder)}


def _golden(model: "Any", fit: "fitted.Fit", folder: "Any") -> "dict[str, Any]":
    from cairn.core.errors import CairnError
    from cairn.flavors.frame import columns
    from cairn.flavors.golden import make_golden

    if fit.sample is None:
        return {"golden_reason": "no rows that the model was fitted to were seen"}
    signature = {"inputs": [list(pair) for pair in columns(fit.sample)]}
    try:
        made = make_golden(model, fit.sample, folder / "golden")
    except CairnError as error:
        return {"golden_reason": str(error), **signature}
    return {**signature, "method": made.method}
