"""Forms that Cairn knows by their beginning and does not look into: never `safe`."""

from collections.abc import Mapping

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, starts
from cairn.flavors.forms.protobuf import BYTES, Field, fields_of
from cairn.flavors.verdict import Verdict, unknown, unsafe

HDF5 = b"\x89HDF\r\n\x1a\n"
_HDF5_FIRST, _HDF5_LAST = 512, 1 << 30
_TAR_BLOCK, _TAR_SUM = 512, slice(148, 156)

KNOWN: Mapping[bytes, tuple[str, str]] = {
    b"\x7fELF": ("elf", "it is a program or a library"),
    b"MZ": ("exe", "it may be a program or a library"),
    b"\xca\xfe\xba\xbe": ("macho", "it is a program or a library"),
    b"\xcf\xfa\xed\xfe": ("macho", "it is a program or a library"),
    b"\0asm": ("wasm", "it is a program"),
    b"%PDF-": ("pdf", "it may hold scripts"),
    b"7z\xbc\xaf'\x1c": ("7z", "Cairn does not open this archive"),
    b"Rar!": ("rar", "Cairn does not open this archive"),
    b"\x04\x22\x4d\x18": ("lz4", "Cairn does not open this compression"),
    b"\x28\xb5\x2f\xfd": ("zstd", "Cairn does not open this compression"),
    b"ZF": ("joblib-zfile", "it is written by a joblib before 0.10, which reads other files"),
    b"SQLite format 3\0": ("sqlite", "it may hold programs of a database"),
}


def judge_opaque(content: Content) -> Verdict | None:
    """Judge by the first bytes; None if they are of none of these forms."""
    known = next((known for magic, known in KNOWN.items() if starts(content, magic)), None)
    if known is not None:
        return unknown(*known)
    if content[4:8] == b"TFL3":
        return unknown("tflite", "it can ask for operators of other libraries")
    if starts(content, HDF5):
        return _judge_hdf5(content)
    if is_tar(content):
        return unknown("tar", "Cairn does not open this archive")
    if _is_tensorflow(content):
        return unknown("tensorflow", "its graph can call functions, read files and write them")
    return None


def is_tar(content: Content) -> bool:
    """Tell whether a reader of tar archives would take the first block for a member."""
    block = content[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK or not block.strip(b"\0"):
        return False
    told = block[_TAR_SUM].partition(b"\0")[0].strip()
    is_binary = block[_TAR_SUM][:1] == b"\x80"  # a number as GNU's tar writes large ones
    if not is_binary and (not told or told.strip(b"01234567")):
        return False
    number = int.from_bytes(block[_TAR_SUM][1:]) if is_binary else int(told, 8)
    rest = block[: _TAR_SUM.start] + b" " * 8 + block[_TAR_SUM.stop :]
    signed = sum(byte - 256 * (byte > 127) for byte in rest)  # noqa: PLR2004 (as some wrote it)
    return number in (sum(rest), signed)


def has_hdf5(content: Content) -> bool:
    """Tell whether HDF5 begins behind a block of something else, where readers look for it."""
    place = _HDF5_FIRST
    while place < min(len(content), _HDF5_LAST):
        if content[place : place + len(HDF5)] == HDF5:
            return True
        place *= 2
    return False


def _judge_hdf5(content: Content) -> Verdict:
    if content.find(b'"Lambda"') >= 0 or content.find(b"__lambda__") >= 0:
        return unsafe("hdf5", "it has a layer of Keras that holds code (Lambda)")
    return unknown("hdf5", "Keras stores layers with code of their own in this format")


def _is_tensorflow(content: Content) -> bool:
    """Tell whether this is a graph of TensorFlow's, or a saved model: nodes with operators."""
    if not starts(content, b"\x08\x01", b"\x0a", b"\x12"):
        return False
    try:
        top = list(fields_of(content, 0, len(content)))
        graphs = [(0, len(content))]
        for field in top:
            if field.number == 2 and field.kind == BYTES:  # noqa: PLR2004 (a graph and its signatures)
                inside = _inside(content, field)
                graphs += [(one.begin, one.end) for one in inside if one.number == 2]  # noqa: PLR2004 (a graph)
                graphs.append((field.begin, field.end))
        return any(_has_nodes(content, begin, end) for begin, end in graphs)
    except Corrupt:
        return False


def _inside(content: Content, field: Field) -> list[Field]:
    try:
        return [one for one in fields_of(content, field.begin, field.end) if one.kind == BYTES]
    except Corrupt:
        return []


def _has_nodes(content: Content, begin: int, end: int) -> bool:
    """Tell whether a message has a node: a name, and an operator that is a word."""
    try:
        for node in fields_of(content, begin, end):
            if node.number == 1 and node.kind == BYTES:
                words = {
                    one.number: content[one.begin : one.end] for one in _inside(content, node)
                }
                if words.get(1) and words.get(2, b"").replace(b"_", b"a").isalnum():
                    return True
    except Corrupt:
        return False
    return False
