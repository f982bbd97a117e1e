"""Files as people keep models in, made piece by piece."""

import base64
import io
import json
import marshal
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models import streams

CODE_OF_LAMBDA = base64.b64encode(marshal.dumps(compile("1", "x", "eval"))).decode()
ATTACK = streams.SYSTEM + streams.STOP
WORDS = ("alpha", "beta", "gamma", "the", "model", "predicts", "customers", "leave", "why")


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive as Python writes it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def npy(array: object) -> bytes:
    """An array as numpy writes it."""
    content = io.BytesIO()
    np.save(content, np.asarray(array), allow_pickle=True)
    return content.getvalue()


def npz(**arrays: object) -> bytes:
    """Arrays as numpy writes them into an archive."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=True, **{k: np.asarray(a) for k, a in arrays.items()})
    return content.getvalue()


def safetensors(numbers: bytes = b"\0" * 16, end: int = 16) -> bytes:
    """Two numbers, and where the header says that they end."""
    tensor = {"dtype": "F64", "shape": [end // 8], "data_offsets": [0, end]}
    header = json.dumps({"w": tensor}).encode()
    return struct.pack("<Q", len(header)) + header + numbers


def field(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer that has a length."""
    return bytes([number << 3 | 2]) + bytes([len(content)]) + content


def onnx(place: str = "", operator: str = "", domain: str = "") -> bytes:
    """A model with one tensor, whose numbers may lie in another file, and perhaps a node."""
    entry = field(1, b"location") + field(2, place.encode())
    tensor = field(8, b"w") + (field(13, entry) if place else b"")
    node = field(4, operator.encode()) + field(7, domain.encode())
    graph = (field(1, node) if operator else b"") + field(5, tensor)
    return b"\x08\x08" + field(7, graph) + field(8, b"\x10\x0f")


def gguf(template: str = "", behind: bytes = b"") -> bytes:
    """One tensor of four numbers, and perhaps a template for chats."""

    def text(value: bytes) -> bytes:
        return struct.pack("<Q", len(value)) + value

    keys = text(b"general.name") + struct.pack("<I", 8) + text(b"small")
    keys += text(b"tokens") + struct.pack("<IIQ", 9, 8, 2) + text(b"a") + text(b"b")
    if template:
        keys += (
            text(b"tokenizer.chat_template") + struct.pack("<I", 8) + text(template.encode())
        )
    tensor = text(b"w") + struct.pack("<IQIQ", 1, 4, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 2 + bool(template)) + keys + tensor
    return head + b"\0" * (-len(head) % 32) + struct.pack("<4f", 1, 2, 3, 4) + behind


def png(behind: bytes = b"") -> bytes:
    """One grey dot."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    parts = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    parts += chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts + behind


def gif(comment: bytes = b"", behind: bytes = b"") -> bytes:
    """One dot, and perhaps a comment."""
    noted = b"\x21\xfe" + bytes([len(comment)]) + comment + b"\0" if comment else b""
    dot = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    screen = struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + screen + noted + dot + b"\x3b" + behind


def jpeg(behind: bytes = b"") -> bytes:
    """Segments as a camera writes them, and a scan of a few numbers."""
    app = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    table = b"\xff\xdb\x00\x43\0" + bytes(64)
    frame = b"\xff\xc0\x00\x0b\x08\0\x01\0\x01\x01\x01\x11\0"
    scan = b"\xff\xda\x00\x08\x01\x01\0\0\x3f\0" + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + app + table + frame + scan + b"\xff\xd9" + behind


def table(random: Random) -> Any:
    """A table of numbers, words and categories."""
    words = pa.array([random.choice(WORDS) for _ in range(50)])
    return pa.table(
        {"x": [random.random() for _ in range(50)], "w": words, "c": words.dictionary_encode()}
    )


def parquet(random: Random, *, compression: str = "snappy", index: bool = False) -> bytes:
    """The table in row groups."""
    content = io.BytesIO()
    pq.write_table(
        table(random),
        content,
        compression=compression,
        row_group_size=20,
        write_page_index=index,
    )
    return content.getvalue()


def arrow(random: Random) -> bytes:
    """The table as Arrow's file."""
    content = io.BytesIO()
    rows = table(random)
    with pa.ipc.new_file(content, rows.schema) as writer:
        writer.write_table(rows, 20)
    return content.getvalue()


def pickled_column(*, in_parquet: bool) -> bytes:
    """A table with a column whose type is a pickle, as PyArrow before 14.0.1 read it."""
    marks = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": ATTACK.decode("latin-1"),
    }
    column = pa.field("x", pa.int64(), metadata=marks)
    rows = pa.table([[1, 2]], schema=pa.schema([column]))
    content = io.BytesIO()
    if in_parquet:
        pq.write_table(rows, content)
    else:
        with pa.ipc.new_file(content, rows.schema) as writer:
            writer.write_table(rows)
    return content.getvalue()


TENSORS = (
    streams.proto(2)
    + streams.call(
        streams.named("torch._utils", "_rebuild_tensor_v2"),
        streams.text("storage") + b"Q",
        streams.number(0),
    )
    + streams.STOP
)
TORCH: Mapping[str, bytes] = {
    "archive/data.pkl": TENSORS,
    "archive/version": b"3\n",
    "archive/byteorder": b"little",
    "archive/data/0": b"\x80\x04cos\nsystem\n",
    "archive/.data/serialization_id": b"1234567890",
}


def old_torch(model: bytes = TENSORS) -> bytes:
    """What PyTorch wrote before 1.6: five pickles, and the numbers of one tensor."""
    head = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True, "protocol_version": 1001}]
    pickled = [pickle.dumps(part, protocol=2) for part in head]
    keys = pickle.dumps(["0"], protocol=2)
    return b"".join([*pickled, model, keys, struct.pack("<q4f", 4, 1, 2, 3, 4)])


def prose(random: Random) -> str:
    """A few sentences."""
    return "".join(
        " ".join(random.choice(WORDS) for _ in range(9)).capitalize() + ".\n" for _ in range(5)
    )


def layer(name: str, /, **config: object) -> dict[str, object]:
    """An object of a configuration of Keras."""
    return {"module": "keras.layers", "class_name": name, "config": config}


def tagged(value: object) -> bytes:
    """JSON."""
    return json.dumps(value).encode()


def tarred(**members: bytes) -> bytes:
    """An archive of the tape kind."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, member in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(member)
            archive.addfile(info, io.BytesIO(member))
    return content.getvalue()


def drawing(inside: str = "") -> bytes:
    """A picture as matplotlib writes it."""
    doctype = (
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n'
        '  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{doctype}'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        '<defs><style type="text/css">*{stroke-linejoin: round}</style>'
        '<path id="m1" d="M 0 0"/></defs><g id="axes_1"><use xlink:href="#m1" x="3"/>'
        f"{inside}</g></svg>"
    ).encode()


def keras_lambda() -> dict[str, object]:
    """A model with a layer that is a function."""
    code = {"class_name": "__lambda__", "config": {"code": CODE_OF_LAMBDA}}
    return layer("Sequential", layers=[layer("Lambda", name="l", function=code)])


def linked() -> bytes:
    """An archive with a link."""
    content = io.BytesIO()
    info = zipfile.ZipInfo("link")
    info.create_system = 3
    info.external_attr = 41471 << 16
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return content.getvalue()


def gapped(content: bytes) -> bytes:
    """A table with a program between its columns and its footer."""
    size = int.from_bytes(content[-8:-4], "little") + 8
    return content[:-size] + b"\x7fELF" * 9 + content[-size:]


def tar_in_gif() -> bytes:
    """A picture whose comment makes its first block that of an archive."""
    head, dot = gif()[:19], gif()[19:]
    block = bytearray((head + b"\x21\xfe\xff").ljust(512, b"A"))
    block[277] = 512 - 278  # the comment's next piece
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block) + b"\0" + dot


def skops_function(module: str = "os", name: str = "system", *, protocol: int = 2) -> bytes:
    """A file of skops that holds a function; protocol 0 says in its content which."""
    node: dict[str, object] = {"__class__": name, "__module__": module}
    if protocol == 0:
        node = {"__class__": "sqrt", "__module__": "numpy"}
        node["content"] = {"module_path": module, "function": name}
    schema = {**node, "__loader__": "FunctionNode", "protocol": protocol}
    return zipped({"schema.json": tagged(schema)})


def numbered(program: bytes) -> bytes:
    """Numbers that end with a program."""
    padded = bytes(-len(program) % 8) + program
    return safetensors(padded, len(padded))


def ubjson(value: object) -> bytes:
    """Spell a value as XGBoost does: keys and lengths of 64 bits, numbers of one type."""
    match value:
        case dict():
            parts = (_long(key) + ubjson(inner) for key, inner in value.items())
            return b"{" + b"".join(parts) + b"}"
        case str():
            return b"S" + _long(value)
        case list() if value and all(isinstance(one, float) for one in value):
            numbers = struct.pack(f">{len(value)}f", *value)
            return b"[$d#L" + struct.pack(">q", len(value)) + numbers
        case list():
            return b"[#L" + struct.pack(">q", len(value)) + b"".join(map(ubjson, value))
        case _:
            return b"l" + struct.pack(">i", value)


def _long(text: str) -> bytes:
    return b"L" + struct.pack(">q", len(text.encode())) + text.encode()


def of_polars(random: Random, *, in_parquet: bool) -> bytes:
    """The table as Polars writes it: a schema without its length, columns told twice."""
    import polars as pl

    rows, content = pl.from_arrow(table(random)), io.BytesIO()
    assert isinstance(rows, pl.DataFrame)
    rows.write_parquet(content) if in_parquet else rows.write_ipc(content)
    return content.getvalue()
