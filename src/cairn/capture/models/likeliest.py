"""Which of several files is the model that is meant? A guess for a hint, never a decision."""

import re
from collections.abc import Collection, Sequence
from pathlib import PurePath

from cairn.capture.manifest import Built

_MODELS = frozenset(
    {
        *("joblib", "pkl", "pickle", "skops", "pt", "pth", "ckpt", "safetensors", "onnx"),
        *("ubj", "cbm", "h5", "keras", "gguf", "bin", "model", "pb", "tflite", "mlmodel"),
    }
)
_REPORTS = frozenset(
    {
        *("csv", "tsv", "parquet", "json", "jsonl", "txt", "log", "md", "html", "yaml", "yml"),
        *("png", "jpg", "jpeg", "svg", "pdf", "gif"),
    }
)
_NAMED = re.compile(r"(?i)(best|final|last|prod|model|weights)")


def likeliest_model(built: Sequence[Built]) -> str:
    """Choose the model that most was measured of; of equals by its name."""
    best = max(built, key=lambda one: (len(one.manifest.metrics), *_rank(one.path)))
    return best.path


def likeliest_file(paths: Collection[str]) -> str | None:
    """Choose the file that looks most like a model; None if there is none at all."""
    return max(sorted(paths), key=_rank, default=None)


def _rank(path: str) -> tuple[int, int, int]:
    suffix = PurePath(path).suffix.lower().removeprefix(".")
    kind = 3 if suffix in _MODELS else 0 if suffix in _REPORTS else 2 if suffix else 1
    return kind, len(_NAMED.findall(PurePath(path).name)), -len(path)
