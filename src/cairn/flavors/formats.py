"""What is this file? Judged by its content; its name is what somebody claims.

Formats that hold data only are `safe` if the content keeps to the format. Everything else is
`unknown`, or `unsafe` if it would run code under a loader that people use for such files.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from cairn.core.errors import Corrupt
from cairn.flavors import npy, onnx, zips
from cairn.flavors.compression import compression_of, unpack
from cairn.flavors.pickle_scan import can_run, is_pickle, scan_pickle, scan_torch
from cairn.flavors.skops_audit import check_sparse, unlisted
from cairn.flavors.skops_nodes import SCHEMA, read_archive
from cairn.flavors.trees import check_trees
from cairn.flavors.verdict import Verdict, joined, safe, unknown, unsafe

MAX_DEPTH = 3
PICKLE_MAGIC = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
TORCH_PLAIN = frozenset({"version", "byteorder", ".format_version", ".storage_alignment"})
TORCH_SCRIPT = frozenset({"constants.pkl"})

DATA: Mapping[bytes, str] = {
    b"GGUF": "gguf",
    b"PAR1": "parquet",
    b"ARROW1\0\0": "arrow",
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
}
"""Formats that hold data only, by their first bytes."""

PROGRAMS: Mapping[bytes, tuple[str, str]] = {
    b"\x89HDF\r\n\x1a\n": (
        "hdf5",
        "Keras stores layers with code of their own in this format",
    ),
    b"\x7fELF": ("elf", "it is a program or a library"),
    b"MZ": ("exe", "it may be a program or a library"),
    b"#!": ("script", "it is a program"),
    b"%PDF-": ("pdf", "it may hold scripts"),
    b"7z\xbc\xaf'\x1c": ("7z", "Cairn does not open this archive"),
    b"Rar!": ("rar", "Cairn does not open this archive"),
    b"\x04\x22\x4d\x18": ("lz4", "Cairn does not open this compression"),
    b"\x28\xb5\x2f\xfd": ("zstd", "Cairn does not open this compression"),
    b"ZF": ("joblib-zfile", "it is written by a joblib before 0.10, which reads other files"),
}
"""Formats that can hold code, or that Cairn cannot look into."""


def judge(content: bytes, depth: int = 0) -> Verdict:
    """Judge some bytes by what they are; nothing is loaded."""
    if depth > MAX_DEPTH:
        return unsafe("nested", f"archives are nested more than {MAX_DEPTH} deep")
    if not content:
        return safe("empty")
    verdict = (
        _judge_structured(content, depth) or _judge_known(content) or _judge_rest(content)
    )
    also = _second_reading(content, verdict.format)
    return unsafe(verdict.format, also, *verdict.reasons) if also else verdict


def _second_reading(content: bytes, form: str) -> str:
    """Say what else the bytes could be read as that would run code; empty if nothing."""
    if form not in ("pickle", "joblib") and can_run(content):
        return "it is also a pickle that makes calls"
    if not content.startswith((zips.MAGIC, zips.EMPTY)) and zips.ends_as_zip(content):
        return "it is also a zip archive"
    return ""


def _judge_structured(content: bytes, depth: int) -> Verdict | None:
    """Judge the formats that Cairn looks into, by their first bytes; None if it is another."""
    if content.startswith(npy.MAGIC):
        return _judge_npy(content)
    if content.startswith((zips.MAGIC, zips.EMPTY)):
        return _judge_zip(content, depth)
    if _is_safetensors(content):
        return safe("safetensors")
    if content.startswith(PICKLE_MAGIC):
        return scan_pickle(content).verdict
    if compression_of(content):
        return _judge_compressed(content, depth)
    return None


def _judge_known(content: bytes) -> Verdict | None:
    """Judge the formats that Cairn only knows, by their first bytes; None if it is another."""
    form = next((form for magic, form in DATA.items() if content.startswith(magic)), None)
    if form is not None:
        return safe(form)
    found = next(
        (known for magic, known in PROGRAMS.items() if content.startswith(magic)), None
    )
    return unknown(*found) if found else None


def _judge_rest(content: bytes) -> Verdict:
    """Judge what has no first bytes of its own: ONNX, text, and the oldest pickles."""
    if onnx.looks_like_onnx(content):
        return onnx.judge_onnx(content)
    if is_pickle(content) and not _is_json(content):
        return scan_pickle(content).verdict
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return unknown("binary", "Cairn does not know this format")
    if "\0" in text:
        return unknown("binary", "Cairn does not know this format")
    return safe("json" if _is_json(content) else "text")


def _judge_npy(content: bytes) -> Verdict:
    try:
        dtype, _, _, start = npy.read_header(content)
        if dtype.hasobject:
            inner = scan_pickle(content, start).verdict
            return inner._replace(format="npy", reasons=("it holds a pickle", *inner.reasons))
        npy.array_from(content)
    except Corrupt as error:
        return unsafe("npy", str(error))
    return safe("npy")


def _judge_zip(content: bytes, depth: int) -> Verdict:
    try:
        members = zips.read_zip(content)
    except Corrupt as error:
        return unsafe("zip", str(error))
    names = {name for name, _ in members}
    if SCHEMA in names:
        return _judge_skops(content)
    if any(name.rpartition("/")[2] == "data.pkl" for name in names):
        return _judge_torch(members)
    parts = [(name, judge(member, depth + 1)) for name, member in members]
    is_npz = bool(parts) and all(part.format == "npy" for _, part in parts)
    return joined("npz" if is_npz else "zip", parts)


def _judge_skops(content: bytes) -> Verdict:
    try:
        archive = read_archive(content)
        check_trees(archive)
        foreign = unlisted(archive.schema)
        check_sparse(archive.schema, archive.members)
        for name, member in archive.members.items():
            if name.endswith(".npy"):
                npy.array_from(member)
    except Corrupt as error:
        return unsafe("skops", str(error))
    if foreign:
        listed = ", ".join(foreign)
        return unsafe(
            "skops", f"it holds {listed}, which the allow-list does not", names=foreign
        )
    return safe("skops")


def _judge_torch(members: list[zips.Member]) -> Verdict:
    """Judge the pickle of a torch archive; the numbers of its tensors lie beside it."""
    parts: list[tuple[str, Verdict]] = []
    for name, member in members:
        inner = name.partition("/")[2]
        if inner.startswith("code/") or inner in TORCH_SCRIPT:
            parts.append((name, unknown("torchscript", "it is a program of TorchScript's")))
        elif inner == "data.pkl":
            parts.append((name, scan_torch(member).verdict))
        elif not inner.startswith(("data/", ".data/")) and inner not in TORCH_PLAIN:
            parts.append((name, judge(member, 1)))
    return joined("torch", parts)


def _judge_compressed(content: bytes, depth: int) -> Verdict:
    kind = compression_of(content)
    try:
        inner = judge(unpack(content, kind), depth + 1)
    except Corrupt as error:
        return unsafe(kind, str(error))
    return inner._replace(format=f"{inner.format}+{kind}")


def _is_safetensors(content: bytes) -> bool:
    """Tell whether the header's tensors cover the rest of the file, one after another."""
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 + size or content[8:9] != b"{":
        return False
    try:
        header = cast("dict[str, Any]", msgspec.json.decode(content[8 : 8 + size]))
        tensors = [header[name]["data_offsets"] for name in header if name != "__metadata__"]
        end = 0
        for start, stop in sorted(tensors):
            if start != end or stop < start:
                return False
            end = stop
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, RecursionError):
        return False
    return 8 + size + end == len(content)


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True
