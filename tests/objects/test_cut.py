"""Large objects are cut so that what they share is shared, whatever their headers claim."""

import io
import itertools
import random
import struct
import zipfile
from collections.abc import Callable
from hashlib import sha256

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cairn.objects import ObjectStore, in_memory
from cairn.objects.packs.blob import LARGE
from cairn.objects.packs.cut import LARGEST, SMALLEST, Held, cut
from cairn.objects.packs.tensors import SMALL, tensor_cuts

RANDOM = random.Random(7)
NOISE = RANDOM.randbytes(20 << 20)
TENSORS = {
    "embed": (1 << 20) + 12,
    "layer.0.weight": 5 << 20,
    "layer.0.bias": 400,
    "layer.1.weight": 300_000,
    "layer.1.bias": 800,
    "scale": 4,
    "empty": 0,
}


def lengths(content: bytes, seed: int = 0) -> list[int]:
    return [length for slab in cut(Held(content), seed) for length in slab.lengths]


def pieces(content: bytes) -> set[bytes]:
    ends = [0, *itertools.accumulate(lengths(content))]
    return {content[one:next_] for one, next_ in itertools.pairwise(ends)}


def new_bytes(before: bytes, after: bytes) -> int:
    return sum(map(len, pieces(after) - pieces(before)))


def tensor(name: str, *, version: int = 0) -> bytes:
    return random.Random(f"{name} {version}").randbytes(TENSORS[name])


def safetensors(**versions: int) -> bytes:
    """Write weights as safetensors does, some of them in another version."""
    header, data = dict[str, object](), b""
    for name in TENSORS:
        content = tensor(name, version=versions.get(name.replace(".", "_"), 0))
        place = [len(data), len(data) + len(content)]
        header[name] = {"dtype": "U8", "shape": [len(content)], "data_offsets": place}
        data += content
    header["__metadata__"] = {"step": str(sum(versions.values()))}
    written = msgspec.json.encode(header)
    written += b" " * (-len(written) % 8)
    return struct.pack("<Q", len(written)) + written + data


def npz(**versions: int) -> bytes:
    stream = io.BytesIO()
    arrays = {
        name: np.frombuffer(
            tensor(name, version=versions.get(name.replace(".", "_"), 0)), "u1"
        )
        for name in TENSORS
    }
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def torch(**versions: int) -> bytes:
    """Write a zip as `torch.save` does: stored, every entry at a multiple of 64."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(entry("m/data.pkl"), f"pickled {versions}")
        for number, name in enumerate(TENSORS):
            about = entry(f"m/data/{number}")
            gap = -(stream.tell() + 30 + len(about.filename) + 4) % 64
            about.extra = struct.pack("<HH", 0x4246, gap) + b"Z" * gap
            version = versions.get(name.replace(".", "_"), 0)
            archive.writestr(about, tensor(name, version=version))
    return stream.getvalue()


def entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


def text(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + content


def gguf(**versions: int) -> bytes:
    """Write weights as llama.cpp does, with a vocabulary in the header."""
    words = b"".join(text(b"word %d" % number) for number in range(3000))
    values = [
        text(b"general.name") + struct.pack("<I", 8) + text(b"test"),
        text(b"general.alignment") + struct.pack("<II", 4, 64),
        text(b"tokens") + struct.pack("<IIQ", 9, 8, 3000) + words,
        text(b"scores") + struct.pack("<IIQ", 9, 6, 5) + bytes(20),
        text(b"nested") + struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQ", 0, 3) + b"abc",
        text(b"step") + struct.pack("<IQ", 10, sum(versions.values())),
    ]
    about, data = b"", b""
    for name, size in TENSORS.items():
        about += text(name.encode()) + struct.pack("<IQIQ", 1, size, 24, len(data))
        data += tensor(name, version=versions.get(name.replace(".", "_"), 0))
        data += bytes(-len(data) % 64)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(TENSORS), len(values)) + b"".join(values)
    return head + about + bytes(-len(head + about) % 64) + data


WRITERS: dict[str, Callable[..., bytes]] = {
    "safetensors": safetensors,
    "npz": npz,
    "torch": torch,
    "gguf": gguf,
}


def test_files_are_cut_where_they_always_were() -> None:
    """Another cut would store every large file once more."""
    content = random.Random(0).randbytes(3 << 20)

    assert lengths(content) == [
        467099,
        295356,
        447141,
        67272,
        285923,
        102150,
        433290,
        217666,
        72862,
        554843,
        202126,
    ]
    assert lengths(content, (1 << 64) - 1) == [
        206949,
        307187,
        208372,
        487151,
        369588,
        562076,
        724001,
        280404,
    ]


@pytest.mark.parametrize("seed", [0, 1, (1 << 64) - 1])
def test_pieces_have_the_sizes_that_are_specified(seed: int) -> None:
    found = lengths(NOISE, seed)

    assert sum(found) == len(NOISE)
    assert all(SMALLEST <= length <= LARGEST for length in found[:-1])
    assert 200_000 < len(NOISE) / len(found) < 450_000


def test_another_secret_cuts_elsewhere() -> None:
    assert lengths(NOISE, 1) != lengths(NOISE, 2)
    assert lengths(NOISE, 1) != lengths(NOISE)


@pytest.mark.parametrize("size", [0, 1, SMALLEST, LARGEST, 8 << 20, (8 << 20) + 1, 20 << 20])
def test_a_stream_is_cut_like_the_whole(size: int) -> None:
    from pyfastcdc import FastCDC

    cdc = FastCDC(256 << 10, min_size=SMALLEST, max_size=LARGEST)

    assert lengths(NOISE[:size]) == [chunk.length for chunk in cdc.cut_buf(NOISE[:size])]


def test_bytes_that_are_inserted_cost_little_more_than_themselves() -> None:
    inserted = RANDOM.randbytes(500_000)
    after = NOISE[: 7 << 20] + inserted + NOISE[7 << 20 :]

    assert new_bytes(NOISE, after) < len(inserted) + 2 * LARGEST


@pytest.mark.parametrize("kind", WRITERS)
def test_weights_are_cut_at_their_tensors(kind: str) -> None:
    content = WRITERS[kind]()

    found = pieces(content)

    assert max(map(len, found)) <= LARGE
    for name, size in TENSORS.items():
        whole = tensor(name)
        if SMALL <= size <= LARGE and kind != "npz":
            assert any(piece.startswith(whole) for piece in found), name
        if size > LARGE and kind != "npz":
            assert whole[:LARGE] in found


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("changed", ["embed", "layer_1_weight", "layer_0_bias"])
def test_one_tensor_that_changes_costs_itself_and_the_header(kind: str, changed: str) -> None:
    name = {each.replace(".", "_"): each for each in TENSORS}[changed]
    header = 80_000 if kind == "gguf" else 5_000

    cost = new_bytes(WRITERS[kind](), WRITERS[kind](**{changed: 1}))

    assert TENSORS[name] <= cost <= TENSORS[name] + header


def test_no_change_costs_nothing() -> None:
    content = safetensors()

    assert new_bytes(content, content) == 0


@pytest.mark.parametrize("kind", WRITERS)
def test_a_header_that_is_cut_off_or_changed_harms_nothing(kind: str) -> None:
    content = WRITERS[kind]()[: 600_000 if kind in ("safetensors", "gguf") else None]
    reads = min(len(content), 400) if kind in ("safetensors", "gguf") else 0
    places = [*range(0, reads, 3), *range(len(content) - 300, len(content), 3)]

    for at in places:
        for broken in (content[:at], content[:at] + b"\xff" + content[at + 1 :]):
            assert_cut(broken)


HOSTILE = [
    b"",
    b"GGUF",
    b"PK\3\4",
    b"GGUF" + struct.pack("<IQQ", 3, (1 << 64) - 1, 0) + bytes(500),
    b"GGUF" + struct.pack("<IQQ", 3, 0, (1 << 64) - 1) + bytes(500),
    b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text(b"a") + struct.pack("<IIQ", 9, 8, 1 << 60),
    b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 62),
    b"GGUF"
    + struct.pack("<IQQ", 3, 0, 1)
    + text(b"a")
    + struct.pack("<I", 9)
    + struct.pack("<IQ", 9, 1) * 9,
    b"GGUF"
    + struct.pack("<IQQ", 3, 1, 0)
    + text(b"t")
    + struct.pack("<IQIQ", 1, 1, 0, 1 << 63),
    b"GGUF"
    + struct.pack("<IQQ", 3, 0, 1)
    + text(b"general.alignment")
    + struct.pack("<II", 4, 0),
    struct.pack("<Q", (1 << 64) - 1) + b"{}",
    struct.pack("<Q", 2) + b"{}" + bytes(100),
    struct.pack("<Q", 30) + b'{"a":{"data_offsets":[-5,9]}} ' + bytes(100),
    struct.pack("<Q", 32) + b'{"a":{"data_offsets":[0,99999]}}' + bytes(100),
    struct.pack("<Q", 26) + b'{"a":{"data_offsets":"x"}}' + bytes(100),
    struct.pack("<Q", 9) + b'{"a":[1]}' + bytes(100),
    struct.pack("<Q", 50_000) + b'{"a":' * 10_000,
    b"PK\3\4" + bytes(100) + struct.pack("<4s4xHHII2x", b"PK\5\6", 1, 1, 46, 1 << 31),
    b"PK\3\4" + bytes(100) + struct.pack("<4s4xHHII2x", b"PK\5\6", 1, 1, 0xFFFFFFFF, 0),
    b"PK\3\4" + b"PK\1\2" * 30 + struct.pack("<4s4xHHII2x", b"PK\5\6", 9, 9, 100, 4),
]


def assert_cut(content: bytes) -> None:
    """Weights or not: the pieces are the content, and none is too long."""
    found = lengths(content)
    assert sum(found) == len(content)
    assert all(0 < length <= LARGE for length in found)


@settings(max_examples=300)
@given(st.binary(max_size=200), st.sampled_from(HOSTILE))
@example(b"", HOSTILE[3])
def test_hostile_headers_harm_nothing(tail: bytes, head: bytes) -> None:
    for content in (head, head + tail, tail + head):
        assert_cut(content)


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_headers_are_asked_a_few_times_only(content: bytes) -> None:
    asked: list[int] = []

    def read(start: int, size: int) -> bytes:
        asked.append(size)
        return content[start : start + size]

    tensor_cuts(read, len(content))

    assert len(asked) < 200
    assert all(0 <= size <= 17 << 20 for size in asked)


@pytest.mark.parametrize("kind", WRITERS)
def test_weights_come_back_byte_by_byte(kind: str) -> None:
    objects: ObjectStore = in_memory()
    content = WRITERS[kind]()

    digest = objects.put(content)

    assert digest == f"sha256:{sha256(content).hexdigest()}"
    assert objects.get(digest) == content
    for start, size in ((0, 10), (5_000_000, 3_000_000), (len(content) - 5, 50)):
        assert objects.read_range(digest, start, size) == content[start : start + size]
