"""What is this file? Judged by its content; its name can only make the verdict worse.

`safe` only if the content was followed to its last byte in a form that holds data only, and if
no loader that people use would read it as something else. Everything else is `unknown`, or
`unsafe` if it would run code under such a loader.
"""

from cairn.core.errors import Corrupt
from cairn.flavors import zips
from cairn.flavors.compression import compression_of, unpack_some
from cairn.flavors.content import Content, starts
from cairn.flavors.forms import (
    arrays,
    arrow,
    catboost,
    gguf,
    names,
    onnx,
    opaque,
    parquet,
    pictures,
    torch,
    ubjson,
)
from cairn.flavors.forms.records import judge_json
from cairn.flavors.forms.safetensors import is_safetensors
from cairn.flavors.forms.text import judge_text
from cairn.flavors.limits import MAX_DEPTH, Budget, OverLimit
from cairn.flavors.pickles.scan import can_run, scan_pickle, scan_torch
from cairn.flavors.pickles.steps import Walked, walk_on, walk_pickle
from cairn.flavors.verdict import Verdict, joined, safe, unknown, unsafe, worse

PICKLE_MAGIC = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
SKOPS = "schema.json"
TABLES = (
    (arrays.MAGIC, arrays.judge_array),
    (gguf.MAGIC, gguf.judge_gguf),
    (parquet.MAGIC, parquet.judge_parquet),
    (arrow.MAGIC, arrow.judge_arrow),
    (ubjson.MAGIC, ubjson.judge_ubjson),
    (catboost.MAGIC, catboost.judge_catboost),
)
PICTURES = (
    ("png", (pictures.PNG,), pictures.check_png),
    ("jpeg", (pictures.JPEG,), pictures.check_jpeg),
    ("gif", pictures.GIF, pictures.check_gif),
)


def judge(
    content: Content, name: str = "", *, depth: int = 0, budget: Budget | None = None
) -> Verdict:
    """Judge some bytes by what they are; nothing is loaded.

    `name` is what the file is called, if it has a name. `depth` counts the archives that it
    lies in, and `budget` is what they have left to unpack.
    """
    if depth > MAX_DEPTH:
        return unknown("nested", f"archives are nested more than {MAX_DEPTH} deep")
    try:
        verdict = _judge(content, name, depth, budget or Budget(len(content)))
    except OverLimit as error:
        verdict = unknown("large", str(error))
    except MemoryError:
        verdict = unknown("large", "it needs more memory to be judged than Cairn takes")
    runs = names.runs(name)
    return worse(verdict, unknown(verdict.format, runs)) if runs else verdict


def _judge(content: Content, name: str, depth: int, budget: Budget) -> Verdict:
    if not content:
        return safe("empty")
    walked = walk_pickle(content)
    verdict = (
        _judge_archive(content, depth, budget)
        or _judge_numbers(content, walked)
        or _judge_picture(content)
        or opaque.judge_opaque(content)
        or _judge_rest(content, name, walked)
    )
    for reading in _other_readings(content, verdict.format, walked):
        verdict = worse(verdict, reading)
    return verdict


def _other_readings(content: Content, form: str, walked: Walked) -> list[Verdict]:
    """Say what else the bytes could be read as, by a loader that does not mind the rest."""
    found: list[Verdict] = []
    # An archive begins with P, a persistent id: pickle has none, and torch's are not text.
    is_zip = starts(content, zips.MAGIC, zips.EMPTY)
    if form not in ("pickle", "joblib", "torch") and not is_zip:
        run = can_run(walked)
        found += [run] if run else []
    if not is_zip and zips.ends_as_zip(content):
        found.append(unsafe(form, "it is also a zip archive"))
    if form != "tar" and opaque.is_tar(content):
        found.append(unknown(form, "it is also a tar archive"))
    if form != "hdf5" and opaque.has_hdf5(content):
        found.append(unknown(form, "it is also a file of HDF5"))
    return found


def _judge_archive(content: Content, depth: int, budget: Budget) -> Verdict | None:
    """Judge zip archives and compressed files by what is in them."""
    if starts(content, zips.MAGIC, zips.EMPTY):
        return _judge_zip(content, depth, budget)
    if compression_of(content):
        return _judge_compressed(content, depth, budget)
    return None


def _judge_numbers(content: Content, walked: Walked) -> Verdict | None:
    """Judge the formats that hold arrays and tables, by their first bytes."""
    if is_safetensors(content):
        return safe("safetensors")
    for magic, judge_it in TABLES:
        if starts(content, magic):
            return judge_it(content)
    if torch.is_old_torch(content):
        return torch.judge_old_torch(content)
    if starts(content, *PICKLE_MAGIC):
        return scan_pickle(content, walked=walked).verdict
    return None


def _judge_picture(content: Content) -> Verdict | None:
    for form, magic, check in PICTURES:
        if starts(content, *magic):
            try:
                check(content)
            except Corrupt as error:
                return unknown(form, f"it cannot be followed to its end: {error}")
            return safe(form)
    return None


def _judge_rest(content: Content, name: str, walked: Walked) -> Verdict:
    """Judge what has no first bytes of its own: ONNX, text, and the oldest pickles."""
    if onnx.looks_like_onnx(content):
        return onnx.judge_onnx(content)
    if not walked.broken and not _is_json(content):
        if _only_begins(content, walked) and (verdict := judge_text(content, name)):
            return verdict
        return scan_pickle(content, walked=walked).verdict
    return judge_text(content, name) or unknown("binary", "Cairn does not know this format")


def _only_begins(content: Content, walked: Walked) -> bool:
    """Tell whether a text only begins like a pickle: `Git v2.39.2` is a number, and its end.

    Whatever follows must not run either, for whoever loads one pickle after another.
    """
    if walked.walk.end >= len(content):
        return False
    walk, _, doubtful = walk_on(content)
    imports = any(name.can_be_imported for name in walk.names)
    runs = imports or walk.calls or walk.computes or walk.persistent or walk.problems
    return not (runs or doubtful)


def _is_json(content: Content) -> bool:
    """Tell whether the content is JSON; a pickle that is JSON too is a number, or the like."""
    try:
        return judge_json(content[:].decode()) is not None
    except UnicodeDecodeError:
        return False


def _judge_zip(content: Content, depth: int, budget: Budget) -> Verdict:
    try:
        found = zips.entries(content)
        members = {entry.name for entry in found}
        if SKOPS in members:
            return _judge_skops(content, budget)
        is_torch = any(name.rpartition("/")[2] == "data.pkl" for name in members)
        parts = [
            (entry.name, _judge_member(content, entry, depth, budget, is_torch=is_torch))
            for entry in found
        ]
    except Corrupt as error:
        return unsafe("zip", str(error))
    odd = [
        (entry.name, unsafe("zip", place))
        for entry in found
        if (place := zips.odd_place(entry))
    ]
    is_npz = bool(parts) and all(part.format == "npy" for _, part in parts)
    form = "torch" if is_torch else "npz" if is_npz else _of_members(members)
    return joined(form, odd + parts)


def _of_members(members: set[str]) -> str:
    return "keras" if {"config.json", "metadata.json"} <= members else "zip"


def _judge_member(
    content: Content, entry: zips.Entry, depth: int, budget: Budget, *, is_torch: bool
) -> Verdict:
    """Judge one member; the numbers of torch's tensors are numbers whatever they look like."""
    inner = entry.name.partition("/")[2]
    if (
        is_torch
        and inner.startswith(("data/", ".data/"))
        and inner.rpartition("/")[2].isdigit()
    ):
        return safe("numbers")
    if is_torch and (inner.startswith("code/") or inner in torch.SCRIPT_MEMBERS):
        return unknown("torchscript", "it is a program of TorchScript's")
    try:
        member = zips.member(content, entry, budget)
    except OverLimit as error:
        return unknown("large", str(error))
    if is_torch and inner == "data.pkl":
        return scan_torch(member).verdict
    if is_torch and inner in torch.PLAIN_MEMBERS | {".data/serialization_id"}:
        return judge(member, "", depth=depth + 1, budget=budget)
    return judge(member, entry.name, depth=depth + 1, budget=budget)


def _judge_skops(content: Content, budget: Budget) -> Verdict:
    from cairn.flavors.skops.judge import judge_skops

    return judge_skops(content, budget)


def _judge_compressed(content: Content, depth: int, budget: Budget) -> Verdict | None:
    """Judge what comes out; None if nothing does, and it only begins like a compression."""
    kind = compression_of(content)
    plain, broken = unpack_some(content, kind, budget)
    if broken and not plain:
        return None if _is_text_like(content) else unsafe(kind, broken)
    inner = judge(plain, depth=depth + 1, budget=budget)
    if broken:
        return unsafe(kind, broken, *inner.reasons, names=inner.names)
    return inner._replace(format=f"{inner.format}+{kind}")


def _is_text_like(content: Content) -> bool:
    """Tell whether the content is text that happens to begin as zlib does: `x^2`."""
    return starts(content, b"x^") and b"\0" not in content[:1024]
