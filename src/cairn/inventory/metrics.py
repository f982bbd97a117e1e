"""Metrics: measured ones in files and logs, and those that somebody remembers in prose."""

import csv
import math
import re
from collections.abc import Iterator
from typing import Any, cast

from cairn.inventory.findings import Metric, Unread
from cairn.inventory.names import is_metric
from cairn.inventory.settings import document, leaves
from cairn.inventory.source import shown

MOST_METRICS = 100

_METRIC_FILE = re.compile(
    r"(?:^|[/_.-])(?:metrics?|scores?|results?|eval\w*|performance|report)(?=[_.-])[^/]*"
    r"\.(?:json|ya?ml)$"
)
_ALL_METRICS = re.compile(r"(?:^|[/_.-])(?:metrics?|scores?)(?=[_.-])[^/]*$")
_LOG_NAME = re.compile(
    r"(?:^|[/_.-])(?:metrics?|logs?|history|progress|results?|scores?)(?=[_.-])"
)
_STEPS = frozenset({"epoch", "step", "iteration", "iter", "round", "global_step"})
_PROSE_FILE = re.compile(
    r"(?:^|/)(?:readme|results|notes|[^/]*model[_ -]?card)[^/]*(?<!\.html)$", re.IGNORECASE
)
_SAID = re.compile(
    r"\b(?P<name>(?:roc|pr)[- _]?auc|au(?:roc|prc|c)|(?:balanced |top-[15] )?accuracy"
    r"|(?:average )?precision|recall|sensitivity|specificity|f1(?:[- ]score)?|map|mcc|rmse|mse"
    r"|brier(?: score)?|log[- ]?loss|mae|mape|r2|r²|iou|dice|bleu|wer|perplexity|ndcg)\b"
    r"[^\d\n.]{0,30}?(?P<value>\d{0,6}\.\d{1,10}|\d{1,3}(?=\s?%))(?P<share>\s?%)?",
    re.IGNORECASE,
)


def is_metric_file(name: str) -> bool:
    """Tell whether a file holds metrics, going by its name."""
    return _METRIC_FILE.search(name.lower()) is not None


def is_prose(name: str) -> bool:
    """Tell whether people tell about the model in this file, going by its name."""
    suffix = name.rpartition("/")[2].partition(".")[2].lower()
    return suffix in ("", "md", "rst", "txt") and _PROSE_FILE.search(name) is not None


def metric_file(name: str, content: bytes) -> Iterator[Metric | Unread]:
    """List the numbers in a file of metrics; of a curve the last."""
    every = _ALL_METRICS.search(name.lower()) is not None
    listed = 0
    for keys, value in leaves(document(name, content)):
        number = _number(value)
        if number is None or not (every or any(is_metric(key) for key in keys)):
            continue
        listed += 1
        if listed > MOST_METRICS:
            yield Unread(
                path=name, reason=f"has more than {MOST_METRICS} numbers: the rest is left out"
            )
            return
        yield _found(name, shown(".".join(keys)), number)


def metric_log(name: str, start: bytes, end: bytes) -> list[Metric | Unread] | None:
    """Read the last row of a CSV log from its two ends; None if it is not a log."""
    lines = start.decode("utf-8-sig", "replace").splitlines()
    last = [line for line in end.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines or not last:
        return None
    header = _row(lines[0])
    columns = [place for place, column in enumerate(header) if is_metric(column)]
    stepped = any(column.strip().lower() in _STEPS for column in header)
    if not columns or not (stepped or _LOG_NAME.search(name.lower())):
        return None
    row = _row(last[-1])
    numbers = [(header[i], _number(row[i])) for i in columns if i < len(row)]
    return [_found(name, shown(column), n) for column, n in numbers if n is not None]


def remembered(name: str, content: bytes) -> Iterator[Metric]:
    """List numbers that prose tells, `AUC 0.81`: nothing says how they came about."""
    lines = content.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        for said in _SAID.finditer(line):
            value = float(said["value"]) / (100 if said["share"] else 1)
            yield Metric(
                at=f"{name}:{number}",
                name=said["name"].lower(),
                value=round(value, 12),
                provenance="asserted-by-human",
            )


def _found(name: str, metric: str, value: float) -> Metric | Unread:
    if not math.isfinite(value):
        return Unread(path=name, reason=f"{metric} is {value}, which is not a number to go by")
    return Metric(at=name, name=metric, value=value, provenance="found")


def _number(value: Any) -> float | None:
    if isinstance(value, list) and value:
        return _number(cast("list[Any]", value)[-1])
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _row(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), list[str]())
    except csv.Error:
        return []
