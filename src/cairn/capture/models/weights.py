"""Is this file a model? By its first bytes, as the libraries write them; nothing is loaded."""

import zipfile
from pathlib import Path

_HEAD = 64
_HDF5 = b"\x89HDF\r\n\x1a\n"
_MAGIC = {
    b"tree\nversion=": "lightgbm",
    b"CBM1": "catboost",
    b"GGUF": "gguf",
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.": "torch",
}
_BY_MEMBER = {"data.pkl": "torch", "model.weights.h5": "keras", "schema.json": "skops"}
_NAMED = {
    ".onnx": ("onnx", b"\x08"),
    **dict.fromkeys((".h5", ".keras", ".hdf5"), ("keras", _HDF5)),
}


def form_of(path: Path) -> str | None:
    """Name the format of a model's file; None for a file that is none, or is not known."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            size = path.stat().st_size
    except OSError:
        return None
    found = next((form for magic, form in _MAGIC.items() if head.startswith(magic)), None)
    if head.startswith(b"PK"):
        found = _form_of_zip(path)
    elif _is_safetensors(head, size):
        found = "safetensors"
    elif b'"learner"' in head or (head.startswith(b"{L") and b"learner" in head):
        found = "xgboost"
    elif head[4:8] == b"TFL3":
        found = "tflite"
    named = _NAMED.get(path.suffix.lower(), ("", b""))
    return found or (named[0] if named[0] and head.startswith(named[1]) else None)


def _form_of_zip(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.rpartition("/")[2] for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return None
    return next((form for name, form in _BY_MEMBER.items() if name in names), None)


def _is_safetensors(head: bytes, size: int) -> bool:
    header = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 0 < header <= size - 8
