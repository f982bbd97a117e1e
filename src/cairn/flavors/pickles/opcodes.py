"""Arguments of pickle's instructions, read as unpicklers read them, and never carried out.

`pickletools` reads some differently (it decodes escapes in the names of globals, for one), and
a scanner must not see another program than the one that would run. Where CPython's unpickler
in C and the one in Python disagree, what is read here is what goes on in either.
"""

import struct
from typing import TYPE_CHECKING, Final

from cairn.core.errors import Corrupt
from cairn.flavors.limits import Doubtful

if TYPE_CHECKING:
    from cairn.flavors.pickles.machine import Machine

MAX_DIGITS = 4300
BYTE: Final = struct.Struct("<B")
SHORT: Final = struct.Struct("<H")
SIGNED: Final = struct.Struct("<i")
LONG: Final = struct.Struct("<I")
WIDE: Final = struct.Struct("<Q")


def fixed(machine: "Machine", layout: struct.Struct) -> int:
    """Read a number of fixed width."""
    place = machine.place
    machine.place = place + layout.size
    try:
        return layout.unpack_from(machine.content, place)[0]
    except struct.error as error:
        raise Corrupt("it ends in the middle of an instruction") from error


def skip(machine: "Machine", count: int) -> None:
    """Go past some bytes."""
    if count < 0 or machine.place + count > len(machine.content):
        raise Corrupt(f"an instruction asks for {count} bytes that are not there")
    machine.place += count


def counted(machine: "Machine", layout: struct.Struct) -> bytes:
    """Read bytes that stand after their count."""
    count = fixed(machine, layout)
    start = machine.place
    skip(machine, count)
    return machine.content[start : machine.place]


def skip_counted(machine: "Machine", layout: struct.Struct) -> None:
    """Go past bytes that stand after their count."""
    skip(machine, fixed(machine, layout))


def line(machine: "Machine") -> bytes:
    """Read up to the end of a line.

    Where the file ends first, the unpickler in C stops, and the one in Python takes the last
    byte for the end of the line.
    """
    place = machine.place
    end = machine.content.find(b"\n", place)
    if end < 0:
        machine.place = len(machine.content)
        return machine.content[place : max(place, machine.place - 1)]
    machine.place = end + 1
    return machine.content[place:end]


def two_lines(machine: "Machine") -> tuple[str, str]:
    """Read the two names of a global."""
    module, name = line(machine), line(machine)
    try:
        return module.decode(), name.decode()
    except UnicodeDecodeError as error:
        raise Corrupt("the name of a global is not UTF-8") from error


def memo_place(machine: "Machine") -> int:
    """Read the number of a memo from a line; the reader in C stops at a zero byte."""
    spelled = line(machine).partition(b"\0")[0]
    _check_length(spelled)
    try:
        return int(spelled)
    except ValueError as error:
        raise Corrupt("it uses a memo that has no number") from error


def check_number(machine: "Machine", also: bytes = b"") -> int | None:
    """Read a line that has to be a number; None if it is spelled in an unusual way.

    Raises `Corrupt` if it begins as no number does.
    """
    spelled = line(machine).strip()
    digits = spelled.lstrip(b"+-")
    if not digits or not (digits[:1].isdigit() or digits[:1].lower() in also):
        raise Corrupt("it has a number that is none")
    _check_length(spelled)
    usual = digits.isdigit() and digits[:1] != b"0" and len(spelled) <= len(digits) + 1
    return int(spelled) if usual or spelled == b"0" else None


def _check_length(spelled: bytes) -> None:
    if len(spelled) > MAX_DIGITS:
        raise Doubtful(f"it has a number of more than {MAX_DIGITS} digits")
