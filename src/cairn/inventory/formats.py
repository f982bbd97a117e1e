"""Which files are weights and which are data: by what they contain, then by their suffix.

Content decides where a format has a signature. Pickles, NumPy and HDF5 files can be either:
what stands in their first bytes decides, then their name. Nothing is unpickled or unpacked.
"""

import re
import zipfile
from collections.abc import Callable
from typing import Literal, NamedTuple

from cairn.inventory.walk import File

HEAD_BYTES = 4096
MEDIA = "media"


class Format(NamedTuple):
    """What a file is: weights or data (or one piece of media), its format, and what is odd."""

    part: Literal["weights", "data", "media"]
    name: str
    note: str = ""


# Where a signature begins, its bytes, and what they mean whatever the file is called.
_SIGNATURES = (
    (0, b"GGUF", Format("weights", "gguf")),
    (0, b"CBM1", Format("weights", "catboost")),
    (4, b"TFL3", Format("weights", "tflite")),
    (0, b"tree\nversion=v", Format("weights", "lightgbm text")),
    (0, b"booster[0]:", Format("weights", "xgboost text")),
    (0, b"PAR1", Format("data", "parquet")),
    (0, b"ARROW1\0\0", Format("data", "arrow")),
    (0, b"FEA1", Format("data", "feather")),
    (0, b"SQLite format 3\0", Format("data", "sqlite")),
    (0, b"Obj\1", Format("data", "avro")),
)
_PATTERNS = (
    (rb'\s*\{\s*("version"\s*:\s*\[[\d,\s]*\]\s*,\s*)?"learner"\s*:', "xgboost json"),
    (rb"\{L[\0-\xff]{8}learner", "xgboost ubj"),
    (rb'\s*\{\s*"name"\s*:\s*"tree"\s*,\s*"version"\s*:\s*"v', "lightgbm json"),
)
_LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_HDF5, _NUMPY, _ZIP = b"\x89HDF\r\n\x1a\n", b"\x93NUMPY", (b"PK\3\4", b"PK\5\6")
_TORCH_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"
_LONGEST_HEADER = 100_000_000

_BY_SUFFIX = {
    **dict.fromkeys([".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".feather"], "data"),
    **dict.fromkeys(
        [".arrow", ".sqlite", ".sqlite3", ".orc", ".xlsx", ".xls", ".avro"], "data"
    ),
    **dict.fromkeys([".safetensors", ".onnx", ".pt", ".pth", ".ckpt", ".pkl"], "weights"),
    **dict.fromkeys([".pickle", ".joblib", ".npz", ".npy", ".h5", ".hdf5"], "weights"),
    **dict.fromkeys([".keras", ".gguf", ".skops", ".cbm", ".ubj", ".tflite"], "weights"),
    **dict.fromkeys([".bst", ".mlmodel"], "weights"),
    **dict.fromkeys([".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".dcm"], MEDIA),
    **dict.fromkeys([".wav", ".flac", ".mp3", ".ogg", ".mp4", ".avi"], MEDIA),
}
_TEXT_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_PICKLES = (".pkl", ".pickle", ".joblib")
_UNSIGNED = (*_TEXT_TABLES, *_PICKLES, ".xls", ".orc", ".bst", ".mlmodel", ".ckpt")
_SAYS_MODEL = re.compile(
    r"model|weight|checkpoint|ckpt|embedding|estimator|classifier|regressor"
)
_SAYS_DATA = re.compile(
    r"(?<![a-z])(data|dataset|train|test|valid|validation|val|holdout|features?|labels?|targets?"
    r"|inputs?|x|y)(?![a-z])"
)
_MODEL_CLASSES = re.compile(
    rb"sklearn|xgboost|lightgbm|catboost|torch|keras|tensorflow|statsmodels"
)
_TABLE_CLASSES = re.compile(rb"pandas|polars|pyarrow")


def format_of(file: File, start: bytes) -> Format | None:
    """Say what a file is from its name and its first `HEAD_BYTES`; None for neither."""
    suffix = suffix_of(file.name)
    return (
        _pointer(start, suffix)
        or _signed(file, start, suffix)
        or _either(file, start, suffix)
        or _packed(file, start, suffix)
        or _plain(file, suffix)
    )


def suffix_of(name: str) -> str:
    """Return the last suffix in lower case; of `train.csv.gz` it is `.csv`."""
    base = name.rpartition("/")[2].lower()
    for packed in _COMPRESSED:
        inner = base.removesuffix(packed)
        if inner != base and inner.endswith(_TEXT_TABLES):
            base = inner
    stem, dot, last = base.rpartition(".")
    return dot + last if stem else ""


def _pointer(start: bytes, suffix: str) -> Format | None:
    if not start.startswith(_LFS_POINTER) or _BY_SUFFIX.get(suffix) not in ("weights", "data"):
        return None
    part = "data" if _BY_SUFFIX[suffix] == "data" else "weights"
    return Format(part, suffix[1:], "Git LFS pointer: the content is not here, `git lfs pull`")


def _signed(file: File, start: bytes, suffix: str) -> Format | None:
    for place, signature, found in _SIGNATURES:
        if start.startswith(signature, place):
            return found
    for pattern, name in _PATTERNS:
        if re.match(pattern, start, re.DOTALL):
            return Format("weights", name)
    header = int.from_bytes(start[:8], "little")
    fits = 1 < header <= min(file.size - 8, _LONGEST_HEADER)
    if fits and start[8:9] == b"{" and (suffix == ".safetensors" or b'"dtype"' in start):
        return Format("weights", "safetensors")
    if suffix == ".onnx" and start[:1] == b"\x08":  # the first field: ir_version
        return Format("weights", "onnx")
    return None


def _either(file: File, start: bytes, suffix: str) -> Format | None:
    if start.startswith(_TORCH_LEGACY):
        return Format("weights", "pytorch pickle")
    if _is_pickle(start, suffix):
        name = "joblib" if suffix == ".joblib" else "pickle"
        tables, models = _TABLE_CLASSES.search(start), _MODEL_CLASSES.search(start)
        if tables and (models is None or tables.start() < models.start()):
            return Format("data", name)
        return Format("weights", name) if models else _by_name(file, name)
    if start.startswith(_NUMPY):
        return _by_name(file, "npy")
    if start.startswith(_HDF5):
        keras = suffix == ".keras" or b"layer_names" in start or b"model_weights" in start
        return Format("weights", "keras h5") if keras else _by_name(file, "hdf5")
    return None


def _is_pickle(start: bytes, suffix: str) -> bool:
    protocol = start[1:2] in (b"\2", b"\3", b"\4", b"\5")
    if start[:1] != b"\x80" or not protocol:
        return False
    return suffix in _PICKLES or start[2:3] in (b"\x95", b"c", b"}", b"]", b"(")


def _by_name(file: File, name: str) -> Format:
    path = file.name.lower()
    says_data = _SAYS_DATA.search(path) and not _SAYS_MODEL.search(path)
    return Format("data" if says_data else "weights", name)


def _packed(file: File, start: bytes, suffix: str) -> Format | None:
    if not start.startswith(_ZIP) or suffix in _TEXT_TABLES:
        return None
    try:
        with zipfile.ZipFile(file.path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        part = _BY_SUFFIX.get(suffix)
        damaged = "its zip directory is damaged: it cannot be loaded"
        return Format(part, suffix[1:], damaged) if part in ("weights", "data") else None
    found = next((f for holds, f in _ARCHIVES if holds(names)), None)
    return _by_name(file, "npz") if found and found.name == "npz" else found


def _holds(*ends: str) -> Callable[[list[str]], bool]:
    return lambda names: all(any(name.endswith(end) for name in names) for end in ends)


_ARCHIVES: tuple[tuple[Callable[[list[str]], bool], Format], ...] = (
    (_holds("/constants.pkl", "/data.pkl"), Format("weights", "torchscript")),
    (_holds("data.pkl"), Format("weights", "pytorch zip")),
    (_holds("model.weights.h5", "config.json"), Format("weights", "keras")),
    (lambda names: "schema.json" in names, Format("weights", "skops")),
    (lambda names: "xl/workbook.xml" in names, Format("data", "xlsx")),
    (
        lambda names: bool(names) and all(n.endswith(".npy") for n in names),
        Format("weights", "npz"),
    ),
)


def _plain(file: File, suffix: str) -> Format | None:
    if file.name.rpartition("/")[2] == "saved_model.pb":
        return Format("weights", "tensorflow saved model")
    part = _BY_SUFFIX.get(suffix)
    if part is None:
        return None
    if part == MEDIA:
        return Format(MEDIA, suffix[1:])
    odd = (
        ""
        if suffix in _UNSIGNED
        else "known by its suffix only: the content is something else"
    )
    return Format("data" if part == "data" else "weights", suffix[1:], odd)
