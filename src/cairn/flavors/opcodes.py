"""Pickle's instructions, read as CPython's unpickler reads them, and never carried out.

`pickletools` reads some arguments differently (it decodes escapes in the names of globals, for
one), and a scanner must not see another program than the one that would run.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cairn.core.errors import Corrupt

Argument = int | bytes | tuple[bytes, bytes] | None


class Instruction(NamedTuple):
    """One opcode with its argument; `end` is where the next one begins."""

    name: str
    argument: Argument
    start: int
    end: int


Reader = Callable[[bytes, int], tuple[Argument, int]]


def read_instruction(content: bytes, place: int) -> Instruction:
    """Read the instruction at `place`; raises `Corrupt` if there is none."""
    if place >= len(content):
        raise Corrupt("it ends before its STOP")
    code = content[place]
    if code not in OPCODES:
        raise Corrupt(f"byte {place} is {code:#04x}, which is no instruction")
    name, reader = OPCODES[code]
    argument, end = reader(content, place + 1)
    return Instruction(name, argument, place, end)


def _nothing(content: bytes, place: int) -> tuple[Argument, int]:
    del content
    return None, place


def _number(form: str) -> Reader:
    layout = struct.Struct("<" + form)

    def read(content: bytes, place: int) -> tuple[Argument, int]:
        return int(_unpack(layout, content, place)), place + layout.size

    return read


def _skipped(size: int) -> Reader:
    def read(content: bytes, place: int) -> tuple[Argument, int]:
        _slice(content, place, size)
        return None, place + size

    return read


def _counted(form: str) -> Reader:
    """Bytes after their count; a negative count is none that CPython takes."""
    layout = struct.Struct("<" + form)

    def read(content: bytes, place: int) -> tuple[Argument, int]:
        count = int(_unpack(layout, content, place))
        start = place + layout.size
        return _slice(content, start, count), start + count

    return read


def _line(content: bytes, place: int) -> tuple[Argument, int]:
    end = content.find(b"\n", place)
    if end < 0:
        raise Corrupt(f"a line that begins at byte {place} does not end")
    return content[place:end], end + 1


def _two_lines(content: bytes, place: int) -> tuple[Argument, int]:
    module, place = _line(content, place)
    name, place = _line(content, place)
    assert isinstance(module, bytes)
    assert isinstance(name, bytes)
    return (module, name), place


def _unpack(layout: struct.Struct, content: bytes, place: int) -> Any:
    try:
        return layout.unpack_from(content, place)[0]
    except struct.error as error:
        raise Corrupt("it ends in the middle of an instruction") from error


def _slice(content: bytes, place: int, count: int) -> bytes:
    if count < 0 or place + count > len(content):
        raise Corrupt(f"an instruction asks for {count} bytes that are not there")
    return content[place : place + count]


OPCODES: Mapping[int, tuple[str, Reader]] = {
    ord("("): ("MARK", _nothing),
    ord("."): ("STOP", _nothing),
    ord("0"): ("POP", _nothing),
    ord("1"): ("POP_MARK", _nothing),
    ord("2"): ("DUP", _nothing),
    ord("F"): ("FLOAT", _line),
    ord("I"): ("INT", _line),
    ord("J"): ("BININT", _number("i")),
    ord("K"): ("BININT1", _number("B")),
    ord("L"): ("LONG", _line),
    ord("M"): ("BININT2", _number("H")),
    ord("N"): ("NONE", _nothing),
    ord("P"): ("PERSID", _line),
    ord("Q"): ("BINPERSID", _nothing),
    ord("R"): ("REDUCE", _nothing),
    ord("S"): ("STRING", _line),
    ord("T"): ("BINSTRING", _counted("i")),
    ord("U"): ("SHORT_BINSTRING", _counted("B")),
    ord("V"): ("UNICODE", _line),
    ord("X"): ("BINUNICODE", _counted("I")),
    ord("a"): ("APPEND", _nothing),
    ord("b"): ("BUILD", _nothing),
    ord("c"): ("GLOBAL", _two_lines),
    ord("d"): ("DICT", _nothing),
    ord("}"): ("EMPTY_DICT", _nothing),
    ord("e"): ("APPENDS", _nothing),
    ord("g"): ("GET", _line),
    ord("h"): ("BINGET", _number("B")),
    ord("i"): ("INST", _two_lines),
    ord("j"): ("LONG_BINGET", _number("I")),
    ord("l"): ("LIST", _nothing),
    ord("]"): ("EMPTY_LIST", _nothing),
    ord("o"): ("OBJ", _nothing),
    ord("p"): ("PUT", _line),
    ord("q"): ("BINPUT", _number("B")),
    ord("r"): ("LONG_BINPUT", _number("I")),
    ord("s"): ("SETITEM", _nothing),
    ord("t"): ("TUPLE", _nothing),
    ord(")"): ("EMPTY_TUPLE", _nothing),
    ord("u"): ("SETITEMS", _nothing),
    ord("G"): ("BINFLOAT", _skipped(8)),
    ord("B"): ("BINBYTES", _counted("I")),
    ord("C"): ("SHORT_BINBYTES", _counted("B")),
    0x80: ("PROTO", _number("B")),
    0x81: ("NEWOBJ", _nothing),
    0x82: ("EXT1", _number("B")),
    0x83: ("EXT2", _number("H")),
    0x84: ("EXT4", _number("i")),
    0x85: ("TUPLE1", _nothing),
    0x86: ("TUPLE2", _nothing),
    0x87: ("TUPLE3", _nothing),
    0x88: ("NEWTRUE", _nothing),
    0x89: ("NEWFALSE", _nothing),
    0x8A: ("LONG1", _counted("B")),
    0x8B: ("LONG4", _counted("i")),
    0x8C: ("SHORT_BINUNICODE", _counted("B")),
    0x8D: ("BINUNICODE8", _counted("Q")),
    0x8E: ("BINBYTES8", _counted("Q")),
    0x8F: ("EMPTY_SET", _nothing),
    0x90: ("ADDITEMS", _nothing),
    0x91: ("FROZENSET", _nothing),
    0x92: ("NEWOBJ_EX", _nothing),
    0x93: ("STACK_GLOBAL", _nothing),
    0x94: ("MEMOIZE", _nothing),
    0x95: ("FRAME", _number("Q")),
    0x96: ("BYTEARRAY8", _counted("Q")),
    0x97: ("NEXT_BUFFER", _nothing),
    0x98: ("READONLY_BUFFER", _nothing),
}
"""Every instruction of protocols 0 to 5, by its byte."""
