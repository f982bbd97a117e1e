"""What a file is, is read from its content; its name is what somebody claims."""

import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from random import Random

import numpy as np
import pytest

from cairn import flavors
from cairn.core.errors import NotFound
from cairn.flavors import limits
from cairn.flavors.formats import judge
from cairn.flavors.verdict import Verdict
from models import streams
from models.model_files import (
    TORCH,
    arrow,
    gguf,
    gif,
    jpeg,
    npy,
    npz,
    old_torch,
    onnx,
    parquet,
    png,
    safetensors,
    zipped,
)


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("empty", b""),
        ("json", b'{"a": [1, 2]}'),
        ("text", b"id,age\n1,2\n"),
        ("text", "Überschrift\n".encode()),
        ("npy", npy([1.5, 2.5])),
        ("npz", npz(a=[1], b=["x"])),
        ("safetensors", safetensors()),
        ("onnx", onnx()),
        ("onnx", onnx("weights.bin")),
        ("gguf", gguf()),
        ("png", png()),
        ("gif", gif()),
        ("jpeg", jpeg()),
        ("parquet", parquet(Random(1))),
        ("arrow", arrow(Random(1))),
        ("json+gzip", zlib.compress(b"[1]", wbits=31)),
        ("zip", zipped({"a.json": b"{}", "b.csv": b"a,b\n"})),
    ],
)
def test_formats_that_hold_data_only_are_safe(form: str, content: bytes) -> None:
    assert judge(content) == Verdict(form, "safe")


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("pickle", streams.NONE + streams.STOP),
        ("torch", zipped(TORCH)),
        ("torchscript", zipped(dict(TORCH) | {"archive/code/model.py": b"x"})),
        ("hdf5", b"\x89HDF\r\n\x1a\n" + b"\0" * 20),
        ("script", b"#!/bin/sh\ntrue\n"),
        ("elf", b"\x7fELF\x02"),
        ("7z", b"7z\xbc\xaf'\x1c"),
        ("zstd", b"\x28\xb5\x2f\xfd\0"),
        ("npy", npy(np.array([1, None], dtype=object))),
        ("npz", npz(a=np.array([1, None], dtype=object))),
        ("torch", old_torch()),
        ("binary", bytes(range(200, 256))),
    ],
)
def test_what_can_hold_code_is_unknown(form: str, content: bytes) -> None:
    verdict = judge(content)

    assert verdict.safety == "unknown"
    assert verdict.reasons
    assert form in (verdict.format, "torchscript")


ATTACK = streams.SYSTEM + streams.STOP


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(zipped({"a.txt": b"a"}) + b"more", id="zip with bytes behind it"),
        pytest.param(ATTACK + zipped({"a.txt": b"a"}), id="pickle with a zip behind it"),
        pytest.param(b"\0" * 8 + zipped({"a.txt": b"a"})[8:], id="zip without its beginning"),
        pytest.param(zipped({"a.bin": ATTACK}), id="pickle in a zip"),
        pytest.param(zipped({"a.bin": zipped({"b": ATTACK})}), id="pickle in a zip in a zip"),
        pytest.param(zipped({"x/data.pkl": ATTACK}), id="attack in a torch file"),
        pytest.param(
            zipped(dict(TORCH) | {"archive/extra": ATTACK}), id="attack beside a torch file"
        ),
        pytest.param(zlib.compress(ATTACK), id="compressed attack"),
        pytest.param(zlib.compress(zlib.compress(ATTACK)), id="attack compressed twice"),
        pytest.param(zlib.compress(b"a" * 99)[:-5], id="broken compression"),
        pytest.param(npy([1.0])[:-1], id="array with a byte too few"),
        pytest.param(npy([1.0]) + b"x", id="array with a byte too many"),
        pytest.param(npz(a=np.array([1], dtype=object))[:-1], id="cut archive of arrays"),
        pytest.param(onnx("../../etc/passwd"), id="weights from above"),
        pytest.param(onnx("/etc/passwd"), id="weights from an absolute path"),
        pytest.param(onnx("C:\\weights"), id="weights from a drive"),
        pytest.param(
            b"cos\nsystem\n(S'true'\ntR and then text", id="attack that looks like text"
        ),
    ],
)
def test_what_would_run_code_or_can_be_read_in_two_ways_is_unsafe(content: bytes) -> None:
    verdict = judge(content)

    assert verdict.safety == "unsafe"
    assert verdict.reasons


def test_an_array_that_holds_an_attack_is_unsafe() -> None:
    harmless = npy(np.array([None], dtype=object))
    header = harmless[: harmless.index(b"\x80")]

    assert judge(header + ATTACK).safety == "unsafe"


def test_archives_are_not_followed_for_ever() -> None:
    content = b"[1]"
    for _ in range(5):
        content = zipped({"a": content})

    verdict = judge(content)

    assert verdict.safety == "unknown"
    assert "nested more than 3 deep" in verdict.reasons[0]


@pytest.mark.parametrize("nested", [0, 1, 2])
def test_past_what_a_file_may_unpack_to_the_limit_is_named(
    monkeypatch: pytest.MonkeyPatch, nested: int
) -> None:
    monkeypatch.setattr(limits, "FREE_BYTES", 1000)
    zeros = b"\0" * (4 << 20)
    compressed, content = zlib.compress(zeros, 9), zipped({"a": zeros}, zipfile.ZIP_DEFLATED)
    for _ in range(nested):
        content = zipped({"a": content, "b": b"1" * 999})

    found = [judge(compressed), judge(content)]

    assert [verdict.safety for verdict in found] == ["unknown", "unknown"]
    assert all("it unpacks to more than" in verdict.reasons[0] for verdict in found)


def test_archives_side_by_side_share_what_they_may_unpack_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "FREE_BYTES", 3 << 20)
    inner = zipped({"a": b"\0" * (1 << 20)}, zipfile.ZIP_DEFLATED)
    few, many = ({str(n): inner for n in range(count)} for count in (2, 5))

    assert "more than" not in str(judge(zipped(few)).reasons)
    assert "it unpacks to more than" in str(judge(zipped(many)).reasons)


def test_a_header_of_tensors_that_does_not_fit_makes_no_tensors() -> None:
    assert judge(safetensors(end=8)).format == "binary"


def test_a_header_as_long_as_a_pickle_begins_is_still_one_of_tensors() -> None:
    header = b'{"__metadata__": {}}'.ljust(0x0480)

    content = struct.pack("<Q", len(header)) + header

    assert content.startswith(b"\x80\x04")
    assert judge(content) == Verdict("safetensors", "safe")


def test_a_directory_is_judged_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "notes.txt").write_text("hello")
    (tmp_path / "model.json").write_bytes(ATTACK)
    (tmp_path / "link").symlink_to("model.json")

    found = flavors.inspect(tmp_path)

    assert found.formats == {"link": "link", "model.json": "pickle", "sub/notes.txt": "text"}
    assert found.safety == "unsafe"
    assert found.reasons[1] == "model.json: it names os.system, which no model needs"
    assert found.allow_list.startswith("sha256:")


def test_an_empty_directory_is_unknown(tmp_path: Path) -> None:
    assert flavors.inspect(tmp_path).safety == "unknown"


def test_odd_names_are_spelled_as_in_trees(tmp_path: Path) -> None:
    (tmp_path / "new\nline").write_text("x")

    assert [file.path for file in flavors.inspect(tmp_path).files] == ["new\\x0aline"]


def test_a_tar_is_unknown(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("x"))

    assert flavors.inspect(tmp_path).safety == "unknown"


def test_nothing_to_inspect_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is not a directory"):
        flavors.inspect(tmp_path / "absent")
