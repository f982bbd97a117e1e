"""What nobody knows yet: at most one gap an ingredient, with the next command to type."""

import re
import shlex
from collections.abc import Callable, Sequence

from cairn.core.run import Gap
from cairn.core.tree import unescape
from cairn.inventory.findings import INGREDIENTS, Ingredient, Inventory, Script

_UNKNOWN = re.compile(
    r"(?:(?:i|we|nobody|no one|who)(?:'m| am|'re| are)? )?"
    r"(?:(?:(?:really|honestly|still) )?(?:(?:don.?t|do not|does not|doesn.?t) know|knows?|"
    r"(?:have )?(?:no|not an?y?) (?:idea|clue)|(?:not|un)[ -]?sure|dunno))"
    r"(?: (?:yet|any ?more|at all))?|"
    r"(?:still )?unknown|not known|unclear|undocumented|lost|to be (?:done|found|determined)|"
    r"n/?a|tbd|todo|tba|idk|[?.\-_ x]*|nothing|none|null|nobody|no",
    re.IGNORECASE,
)
"""What people say who do not know; it is an answer, and the gap stays."""
_WEIGHTS_ADDRESS = re.compile(
    r"\S+://\S+\.(?:pt|pth|onnx|pkl|pickle|joblib|safetensors|h5|keras|gguf|skops|ckpt|bin)"
)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")
_SHOWN = 3


def gaps(inventory: Inventory) -> tuple[Gap, ...]:
    """List what is not known; `field` is the ingredient.

    An ingredient is known when the scan found enough to go by, when a captured run knows it,
    or when a person said something else than "don't know".
    """
    known = {captured.ingredient for captured in inventory.captured}
    found = [
        _GAPS[ingredient](inventory)
        for ingredient in INGREDIENTS
        if not is_answered(inventory, ingredient) and ingredient not in known
    ]
    return tuple(gap for gap in found if gap is not None)


def is_answered(inventory: Inventory, ingredient: Ingredient) -> bool:
    """Tell whether a person said something about an ingredient."""
    answers = inventory.asserted_by_human.get(ingredient, ())
    return any(not _UNKNOWN.fullmatch(answer.strip(" .!?")) for answer in answers)


def trains(script: Script) -> bool:
    """Tell whether a training can start in this file, as far as its text shows."""
    return script.kind == "notebook" or any(sign.startswith("calls ") for sign in script.signs)


def capture_command(inventory: Inventory) -> str | None:
    """Say how to run the training under capture, if the page knows where it starts."""
    scripts = [s for s in inventory.code if trains(s) and s.kind == "script"]
    if not scripts:
        return None
    return f"cairn run --model {_model(inventory)} -- python {_typed(scripts[0].path)}"


def snapshot_command(inventory: Inventory) -> str | None:
    """Say how to freeze the first data that the page knows."""
    if not inventory.data:
        return None
    path = inventory.data[0].path
    return f"cairn snapshot add {_typed(path)} --name {_slug(path) or 'data'}"


def _weights(inventory: Inventory) -> Gap | None:
    if inventory.weights:
        return None
    named = [r for r in inventory.reads if _WEIGHTS_ADDRESS.fullmatch(r.what)]
    if named:
        reason = f"no file of weights is here; {named[0].at} names {named[0].what}"
        return _gap("weights", reason, _record("weights", named[0].what))
    reason = "no file of weights is here, and nobody said where they are"
    return _gap("weights", reason, _record("weights", "PATH-OR-ADDRESS"))


def _data(inventory: Inventory) -> Gap | None:
    if inventory.data or any(not _WEIGHTS_ADDRESS.fullmatch(r.what) for r in inventory.reads):
        return None
    reason = "no file of data is here, and no code names any"
    return _gap("data", reason, _record("data", "PATH-TABLE-OR-ADDRESS"))


def _code(inventory: Inventory) -> Gap | None:
    training = [script for script in inventory.code if trains(script)]
    if not training:
        reason = "no script or notebook here calls fit or train"
        return _gap("code", reason, _record("code", "PATH-OR-REPOSITORY"))
    loose = [script for script in training if script.git != "tracked"]
    if not loose:
        return None
    listed = _listed([script.path for script in loose])
    if loose[0].git == "unknown":
        return _gap("code", f"git does not tell whether it keeps {listed}", "git status")
    start = "git init && " if loose[0].git == "no-repository" else ""
    commit = f'{start}git add {_paths(loose)} && git commit -m "Keep the training code"'
    return _gap("code", f"not in git: {listed}", commit)


def _hyperparameters(inventory: Inventory) -> Gap | None:
    if inventory.hard_coded or any(file.settings for file in inventory.configuration):
        return None
    reason = "no hyperparameter is in a configuration file or in the code"
    return _gap("hyperparameters", reason, _capture(inventory, "hyperparameters", "lr = 0.01"))


def _metrics(inventory: Inventory) -> Gap | None:
    if any(metric.provenance == "found" for metric in inventory.metrics):
        return None
    if inventory.metrics:
        said = inventory.metrics[0]
        number = f"{said.name} = {said.value:g}"
        reason = f"only remembered, never measured: {number} ({said.at})"
        return _gap("metrics", reason, _capture(inventory, "metrics", number))
    reason = "no metric is in a file, a log or a README"
    return _gap("metrics", reason, _capture(inventory, "metrics", "auc = 0.81"))


def _environment(inventory: Inventory) -> Gap | None:
    if any(file.exact for file in inventory.environment):
        return None
    listed = _listed([f"{f.path} ({f.note})" for f in inventory.environment])
    reason = (
        f"no exact versions: {listed}" if listed else "no file says which software is needed"
    )
    return _gap("environment", reason, "python -m pip freeze > requirements.lock.txt")


def _seeds(inventory: Inventory) -> Gap | None:
    without = [use for use in inventory.seeds if use.value is None]
    if without:
        listed = _listed([f"{use.generator} ({use.at})" for use in without])
        fix = f"seed it at {without[0].at}, then scan again: cairn inventory"
        return _gap("seeds", f"left to chance: {listed}", fix)
    if inventory.seeds:
        return None
    return _gap(
        "seeds", "no seed is set anywhere", _capture(inventory, "seeds", "none is used")
    )


def _gap(ingredient: Ingredient, reason: str, fix: str) -> Gap:
    return Gap(field=ingredient, reason=reason, fix=fix)


def _capture(inventory: Inventory, ingredient: Ingredient, example: str) -> str:
    return capture_command(inventory) or _record(ingredient, example)


def _model(inventory: Inventory) -> str:
    """Propose a name for the model: that of its weights."""
    names = (_slug(weights.path) for weights in inventory.weights)
    return next((name for name in names if name), "model")


def _slug(path: str) -> str:
    """Make a name of a path: its last part without suffixes, in letters that names have."""
    stem = path.rstrip("/").rpartition("/")[2].partition(".")[0].lower()
    return _NOT_IN_NAMES.sub("-", stem).strip("-._")


def _record(ingredient: Ingredient, answer: str) -> str:
    return f"cairn inventory record {ingredient} {shlex.quote(answer)}"


def _paths(scripts: Sequence[Script]) -> str:
    return " ".join(_typed(script.path) for script in scripts)


def _typed(path: str) -> str:
    return shlex.quote(unescape(path).decode("utf-8", "replace"))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


_GAPS: dict[Ingredient, Callable[[Inventory], Gap | None]] = {
    "weights": _weights,
    "data": _data,
    "code": _code,
    "hyperparameters": _hyperparameters,
    "metrics": _metrics,
    "environment": _environment,
    "seeds": _seeds,
}
