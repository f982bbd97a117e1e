"""Instructions of pickle that push a value which stands in the stream itself.

Texts are kept, since globals are named by them, and small numbers, since arrays are measured
by them. Of everything else only this is kept: that it names nothing.
"""

import codecs
import struct
from collections.abc import Callable
from typing import Any

from cairn.core.errors import Corrupt
from cairn.flavors.pickles import opcodes
from cairn.flavors.pickles.machine import PLAIN, TEXT, Machine

Step = Callable[[Machine], bool | None]
"""Carries an instruction out, so to speak; true at the end of the stream."""

_SMALL_BYTES = 8
_LONGEST_NAME = 1000


def push(value: Any) -> Step:
    """Push a value that the instruction itself says."""
    return lambda machine: machine.stack.append(value)


def skipped(count: int) -> Step:
    """Push a value of fixed width that names nothing."""

    def step(machine: Machine) -> None:
        opcodes.skip(machine, count)
        machine.stack.append(PLAIN)

    return step


def fixed(layout: struct.Struct) -> Step:
    """Push a number of fixed width."""
    return lambda machine: machine.stack.append(opcodes.fixed(machine, layout))


def data(layout: struct.Struct) -> Step:
    """Push bytes, which name nothing."""

    def step(machine: Machine) -> None:
        opcodes.skip_counted(machine, layout)
        machine.stack.append(PLAIN)

    return step


def long(layout: struct.Struct) -> Step:
    """Push a number of any width; a wide one measures nothing."""

    def step(machine: Machine) -> None:
        content = opcodes.counted(machine, layout)
        small = len(content) <= _SMALL_BYTES
        machine.stack.append(
            int.from_bytes(content, "little", signed=True) if small else PLAIN
        )

    return step


def text(layout: struct.Struct) -> Step:
    """Push a text; CPython lets lone surrogates through, which no module is named by."""

    def step(machine: Machine) -> None:
        content = opcodes.counted(machine, layout)
        try:
            machine.stack.append(content.decode())
        except UnicodeDecodeError:
            machine.stack.append(TEXT)

    return step


def old_text(layout: struct.Struct) -> Step:
    """Push a text of protocol 1: the caller says in which encoding it is."""

    def step(machine: Machine) -> None:
        content = opcodes.counted(machine, layout)
        machine.stack.append(content.decode() if content.isascii() else TEXT)

    return step


def quoted(machine: Machine) -> None:
    """Push a text of protocol 0, its escapes decoded as CPython does."""
    content = opcodes.line(machine).strip()
    if (
        len(content) < len("''")
        or content[:1] not in (b"'", b'"')
        or content[:1] != content[-1:]
    ):
        raise Corrupt("a text has no quotes around it")
    machine.stack.append(_decoded(content[1:-1], lambda text: codecs.escape_decode(text)[0]))


def unicode(machine: Machine) -> None:
    """Push a text of protocol 0 with escapes for what is not Latin-1."""
    content = opcodes.line(machine)
    machine.stack.append(_decoded(content, lambda text: text.decode("raw-unicode-escape")))


def _decoded(content: bytes, decode: Callable[[bytes], Any]) -> Any:
    """Decode a text; a long one cannot name anything, so it is not worth the while."""
    if len(content) > _LONGEST_NAME:
        return TEXT
    try:
        found = decode(content)
        return found.decode("ascii") if isinstance(found, bytes) else found
    except ValueError:
        return TEXT


def old_number(machine: Machine) -> None:
    """Push a number of protocol 0."""
    found = opcodes.check_number(machine)
    machine.stack.append(PLAIN if found is None else found)


def old_float(machine: Machine) -> None:
    """Push a fraction of protocol 0."""
    opcodes.check_number(machine, also=b".in")
    machine.stack.append(PLAIN)
