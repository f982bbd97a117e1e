"""The first policy file of a model: what `cairn init` and `cairn gate new` write."""

import textwrap
from pathlib import Path

from cairn.core.errors import Conflict, Unavailable
from cairn.core.evaluation import Task
from cairn.core.name import ModelName, shown
from cairn.gates.task import asked
from cairn.project import Project
from cairn.stats.metrics import by_task

NEUTRAL, ANY = Path("gates") / "starter.yaml", "MODEL"
"""Where `cairn init`, which knows of no model, writes the first policy, and of which model."""
STARTER = """\
# What a version must show before a label moves to it. Bind this file to a label with
#
#     cairn gate set {model}@production {file}
#
# Every check is judged and every one must pass; "inconclusive" is not a pass.
cairn: policy/1

# The rows that candidate and live version are compared on. Binding the file pins their
# digest, so that nobody changes them unnoticed; first `cairn snapshot add PATH --name test`.
evaluation: snap:test

# The label whose version is the one to beat.
against: "@production"

# While nothing is live there is nothing to compare with: `floors_only` judges the floors and
# lets the other comparisons wait; `refuse` lets nothing through.
bootstrap: floors_only

# Who tries often enough on one set wins by luck, so each look at it may spend less of the
# error, and versions that were only seen on it share the error of the one that is judged.
reuse: {{spending: inverse_square}}

checks:
  # Better than the live version by more than `margin`, beyond chance (paired test).
  # Metrics, by what is predicted:
{metrics}
  # `recall@0.3` decides from 0.3 on instead of 0.5, `ndcg@10` looks at the first ten,
  # `recall/late` is that of one class of several, `mean/cost` a number of your own.
  - {{id: better, type: superiority, metric: {better}, margin: 0.0}}

  # Or only: not worse by `margin`.
  # - {{id: not-worse, type: non_inferiority, metric: log_loss, margin: 0.005}}

  # The lower confidence bound must reach `value` (of a loss: the upper bound must keep it).
  - {{id: floor, type: floor, metric: {floor}, value: {value}}}

  # No group worse than today by more than `margin`. Name one of the `groups` of the model's
  # evaluation in cairn.toml; groups below `min_rows` are pooled as `other` and listed.
  # - {{id: groups, type: no_subgroup_regression, by: [region], metric: recall, margin: 0.02}}

  # The 99th percentile of single calls of the loaded model, at its upper confidence bound.
  # - {{id: speed, type: latency, percentile: 99, max_ms: 50}}

  # Files that must lie beside the model; `*` stands for any text.
  # - {{id: files, type: required_artifacts, files: ["*.skops"]}}
"""


def starter_policy(model: str, task: Task = "binary") -> str:
    """Write the first policy of `model`, for what it predicts, with a note on each check."""
    better, floor, value = _FIRST.get(task, _FIRST["binary"])
    return STARTER.format(
        model=model,
        file=NEUTRAL if model == ANY else policy_file(model),
        metrics=_metrics(),
        better=better,
        floor=floor,
        value=value,
    )


def policy_file(model: str) -> Path:
    """Return where the policy of a model lies, from its project's folder."""
    return Path("gates") / f"{model.rpartition('/')[2]}.yaml"


def write_starter(project: Project, model: ModelName) -> Path:
    """Write the first policy of a model into the project; returns where, from its folder.

    Raises `Conflict` if there is a file already: it is somebody's.
    """
    settings = project.settings.model(model).evaluation
    task = asked(project, settings)[0] if settings else "binary"
    name = shown(model)
    path = policy_file(name)
    whole = project.settings.folder / path
    try:
        whole.parent.mkdir(exist_ok=True)
        with whole.open("x", encoding="utf-8") as file:
            file.write(starter_policy(name, task))
    except FileExistsError as error:
        raise Conflict(
            f"{path} is there already: bind it with `cairn gate set {name}@production {path}`"
        ) from error
    except OSError as error:
        raise Unavailable(f"{whole} cannot be written: {error.strerror}") from error
    return path


def _metrics() -> str:
    """List every metric of every task, as comments."""
    lines = [
        textwrap.fill(
            f"{_TASKS[task]}: {', '.join(word for word in words if word != 'mean')}",
            width=95,
            initial_indent="  #   ",
            subsequent_indent="  #     ",
        )
        for task, words in by_task().items()
        if task in _TASKS
    ]
    return "\n".join(lines)


_FIRST: dict[Task, tuple[str, str, str]] = {
    "binary": ("roc_auc", "roc_auc", "0.6"),
    "multiclass": ("accuracy", "accuracy", "0.5"),
    "regression": ("mae", "r2", "0.0"),
    "ranking": ("ndcg", "ndcg", "0.5"),
}
"""What is compared first, and what must reach which floor."""
_TASKS: dict[Task, str] = {
    "binary": "two classes",
    "multiclass": "several classes",
    "regression": "a number",
    "ranking": "an order",
}
