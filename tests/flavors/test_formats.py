"""What a file is, is read from its content; its name is what somebody claims."""

import io
import json
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

import streams
from cairn import flavors
from cairn.core.errors import NotFound
from cairn.flavors import compression, zips
from cairn.flavors.formats import judge
from cairn.flavors.verdict import Verdict


def npy(array: object) -> bytes:
    content = io.BytesIO()
    np.save(content, np.asarray(array), allow_pickle=True)
    return content.getvalue()


def npz(**arrays: object) -> bytes:
    content = io.BytesIO()
    np.savez(content, allow_pickle=True, **{k: np.asarray(a) for k, a in arrays.items()})
    return content.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def safetensors(numbers: bytes = b"\0" * 16, end: int = 16) -> bytes:
    header = json.dumps(
        {"w": {"dtype": "F64", "shape": [2], "data_offsets": [0, end]}}
    ).encode()
    return struct.pack("<Q", len(header)) + header + numbers


def field(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer that has a length."""
    return bytes([number << 3 | 2]) + bytes([len(content)]) + content


def onnx(place: str = "") -> bytes:
    """A model with one tensor, whose numbers may lie in another file."""
    entry = field(1, b"location") + field(2, place.encode())
    tensor = field(8, b"w") + (bytes([13 << 3 | 2, len(entry)]) + entry if place else b"")
    return b"\x08\x08" + field(7, field(5, tensor)) + field(8, b"\x10\x0f")


TORCH = {
    "archive/data.pkl": streams.proto(2)
    + streams.call(
        streams.named("torch._utils", "_rebuild_tensor_v2"),
        streams.text("storage") + b"Q",
        streams.number(0),
    )
    + streams.STOP,
    "archive/version": b"3\n",
    "archive/data/0": b"\x80\x04cos\nsystem\n",
}


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
        ("gguf", b"GGUF\x03\0\0\0"),
        ("png", b"\x89PNG\r\n\x1a\n" + b"\0" * 20),
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
        ("torchscript", zipped(TORCH | {"archive/code/model.py": b"x"})),
        ("hdf5", b"\x89HDF\r\n\x1a\n" + b"\0" * 20),
        ("script", b"#!/bin/sh\ntrue\n"),
        ("elf", b"\x7fELF\x02"),
        ("7z", b"7z\xbc\xaf'\x1c"),
        ("zstd", b"\x28\xb5\x2f\xfd\0"),
        ("npy", npy(np.array([1, None], dtype=object))),
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
            zipped(TORCH | {"archive/extra": ATTACK}), id="attack beside a torch file"
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

    assert verdict.safety == "unsafe"
    assert "nested more than 3 deep" in verdict.reasons[0]


def test_a_file_that_unpacks_to_absurdly_much_is_unsafe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compression, "FREE_BYTES", 1000)
    monkeypatch.setattr(zips, "FREE_BYTES", 1000)
    zeros = b"\0" * (4 << 20)

    assert "absurdly much" in judge(zlib.compress(zeros, 9)).reasons[0]
    assert "a bomb" in judge(zipped({"a": zeros}, zipfile.ZIP_DEFLATED)).reasons[0]


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
    with pytest.raises(NotFound, match="is no directory"):
        flavors.inspect(tmp_path / "absent")
