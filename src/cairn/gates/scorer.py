"""How a project scores its models: what `cairn.toml` says, with the exact source behind it.

A function of the project's own is run from the very bytes whose digest the scorer records.
It is called with the model and a DataFrame of the rows (without label, id and dropped
columns) and gives one score a row; a row is decided positive from 0.5 on.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from cairn.config import EvaluationSettings
from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Invalid, Refused, first_line
from cairn.core.evaluation import Scorer
from cairn.core.secret import require_plain
from cairn.core.snapshot import SnapshotInfo
from cairn.data.evaluation import ids_key
from cairn.flavors.scoring import as_array, score
from cairn.gates.task import asked
from cairn.interpreter import after_standard_library
from cairn.project import Project

ELSEWHERE = "elsewhere"
"""How `cairn.toml` says that predictions are made by others and handed in."""
Score = Callable[[Any, Any], Any]
"""Takes a model and its rows, gives an array of one score a row (several for many classes)."""
Metrics = Callable[[Any, Any], Mapping[str, Any]]
"""Takes the rows, label and all, and what the model gave; names one number a row each."""


def scorer_of(
    project: Project, settings: EvaluationSettings, *, on: SnapshotInfo | None = None
) -> Scorer:
    """Build the scorer that `cairn.toml` describes; the source of its function is stored.

    What the settings leave open is found out from the labels. Raises `Invalid` if the
    function's file is not in the project.
    """
    task, method = asked(project, settings, on=on)
    metrics = settings.metrics
    return Scorer(
        score=method,
        label=settings.label,
        id=settings.id,
        groups=settings.groups,
        drop=settings.drop,
        data=settings.file,
        source=_stored_source(project, method),
        task=task,
        unit=settings.unit,
        weight=settings.weight,
        values=settings.values,
        metrics=metrics,
        metrics_source=_stored_source(project, metrics) if metrics else None,
        ids_key=ids_key(project, settings),
    )


def score_with(scorer: Scorer, project: Project) -> Score:
    """Give the function that scores as `scorer` says: a method, or the project's own."""
    if scorer.score == ELSEWHERE:
        raise Refused(
            "the predictions are made elsewhere",
            fix="hand them in: `cairn evaluate VERSION --on SNAPSHOT --predictions FILE`",
        )
    if scorer.source is None:
        method = scorer.score
        of_task = positive_share if scorer.task == "binary" else _outputs
        return lambda model, rows: _called(
            lambda model, rows: of_task(model, rows, method),
            f"{type(model).__qualname__}.{method}",
            model=model,
            rows=rows,
        )
    return _own_function(scorer.score, scorer.source, project)


def metrics_with(scorer: Scorer, project: Project) -> Metrics | None:
    """Give the project's own metric function, run from the bytes that the scorer records."""
    if scorer.metrics is None or scorer.metrics_source is None:
        return None
    named = scorer.metrics
    function = _function(named, scorer.metrics_source, project)

    def measured(rows: Any, outputs: Any) -> Mapping[str, Any]:
        try:
            found = function(rows, outputs)
        except Exception as error:
            raise Invalid(
                f"{named} failed: {type(error).__name__}: {first_line(error)}"
            ) from error
        if not isinstance(found, Mapping):
            raise Invalid(f"{named} must give a mapping of names to one number a row")
        return cast("Mapping[str, Any]", found)

    return measured


def _outputs(model: Any, rows: Any, method: str) -> Any:
    return score(model, rows, method=method)


def positive_share(model: Any, rows: Any, method: str) -> Any:
    """Score by a method of the model; of `predict_proba`, the column of class 1."""
    outputs = score(model, rows, method=method)
    if outputs.ndim == 1:
        return outputs
    kind = type(model).__qualname__
    if outputs.ndim > 2 or outputs.shape[1] != 2:  # noqa: PLR2004 - two classes
        shape = " x ".join(map(str, outputs.shape[1:]))
        raise Invalid(
            f"{kind}.{method} gives {shape} numbers a row: evaluations are of two classes; "
            'write `score = "module:function"` in cairn.toml to choose one number'
        )
    return outputs[:, _positive(model)]


def _positive(model: Any) -> int:
    """The column of class 1, or of the class that sorts last as scikit-learn has it."""
    classes: list[Any] = list(getattr(model, "classes_", ()))
    return classes.index(1) if 1 in classes else 1


def _stored_source(project: Project, named: str) -> Digest | None:
    module, colon, _ = named.partition(":")
    if not colon:
        return None
    path = source_file(project.settings.folder, module)
    require_plain(f"{path.name}, which scores,", path.read_bytes())
    return project.objects.put_file(path)[0]


def source_file(folder: Path, module: str) -> Path:
    """Find the file of a module of the project; raises `Invalid` where there is none."""
    stem = Path(*module.split("."))
    places = [root / stem for root in (folder, folder / "src")]
    files = [file for at in places for file in (at.with_suffix(".py"), at / "__init__.py")]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        raise Invalid(f"cairn.toml scores with {module}, but {folder} has no {stem}.py")
    return found


def _own_function(named: str, source: Digest, project: Project) -> Score:
    function = _function(named, source, project)
    return lambda model, rows: _called(function, named, model=model, rows=rows)


def _function(named: str, source: Digest, project: Project) -> Callable[..., Any]:
    module, _, name = named.partition(":")
    made = _run(module, project.objects.get(source), project.settings.folder)
    function = getattr(made, name, None)
    if not callable(function):
        raise Invalid(f"{module} has no function {name}, which the scorer names")
    return function


def _run(module: str, content: bytes, folder: Path) -> ModuleType:
    """Run exactly the recorded bytes as a module; what they import comes from the project."""
    made = ModuleType(module)
    made.__package__, _, _ = module.rpartition(".")
    roots = [str(folder), str(folder / "src")]
    at = after_standard_library(sys.path)
    sys.path[at:at] = roots
    try:
        if made.__package__:
            with suppress(ModuleNotFoundError):  # only a relative import would need it
                import_module(made.__package__)
        exec(compile(content, f"{module} (recorded)", "exec"), made.__dict__)  # noqa: S102 - the project's own code
    except Exception as error:
        raise Invalid(
            f"{module} cannot be run: {type(error).__name__}: {first_line(error)}"
        ) from error
    finally:
        for root in roots:
            sys.path.remove(root)
    return made


def _called(function: Score, named: str, *, model: Any, rows: Any) -> Any:
    try:
        return as_array(function(model, rows))
    except CairnError:
        raise
    except Exception as error:
        raise Invalid(
            f"{named} failed: {type(error).__name__}: {first_line(error)}"
        ) from error
