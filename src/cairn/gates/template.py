"""The first policy file of a project: what `cairn init` writes into `gates/`."""

import textwrap

from cairn.core.evaluation import Task
from cairn.stats.metrics import by_task

STARTER = """\
# What a version must show before a label moves to it. Bind this file to a label with
#
#     cairn gate set {model}@production gates/{model}.yaml
#
# Every check is judged and every one must pass; "inconclusive" is not a pass.
cairn: policy/1

# The rows that candidate and live version are compared on. `cairn gate set` pins their
# digest, so that nobody changes them unnoticed; first `cairn snapshot add PATH --name test`.
evaluation: snap:test

# The label whose version is the one to beat.
against: "@production"

# While nothing is live there is nothing to compare with: `floors_only` judges the floors and
# lets the other comparisons wait; `refuse` lets nothing through.
bootstrap: floors_only

checks:
  # Better than the live version by more than `margin`, beyond chance (paired test).
  # Metrics, by what is predicted:
{metrics}
  # `recall@0.3` decides from 0.3 on instead of 0.5, `ndcg@10` looks at the first ten,
  # `recall/late` is that of one class of several, `mean/cost` a number of your own.
  - {{id: better, type: superiority, metric: roc_auc, margin: 0.0}}

  # Or only: not worse by `margin`.
  # - {{id: calibrated, type: non_inferiority, metric: brier, margin: 0.005}}

  # The lower confidence bound must reach `value` (of a loss: the upper bound must keep it).
  - {{id: floor, type: floor, metric: roc_auc, value: 0.6}}

  # No group worse than today by more than `margin`. Name one of the `groups` of the model's
  # evaluation in cairn.toml; groups below `min_rows` are pooled as `other` and listed.
  # - {{id: groups, type: no_subgroup_regression, by: [region], metric: recall, margin: 0.02}}

  # The 99th percentile of single calls of the loaded model, at its upper confidence bound.
  # - {{id: speed, type: latency, percentile: 99, max_ms: 50}}

  # Files that must lie beside the model; `*` stands for any text.
  # - {{id: files, type: required_artifacts, files: ["*.skops"]}}
"""


def starter_policy(model: str) -> str:
    """Write the first policy of `model`, with a note on every kind of check."""
    return STARTER.format(model=model, metrics=_metrics())


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


_TASKS: dict[Task, str] = {
    "binary": "two classes",
    "multiclass": "several classes",
    "regression": "a number",
    "ranking": "an order",
}
