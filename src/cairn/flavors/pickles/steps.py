"""What each instruction of pickle does to the machine, and the walk through a whole stream."""

import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from cairn.core.errors import Corrupt
from cairn.flavors.limits import MAX_INSTRUCTIONS, Doubtful
from cairn.flavors.pickles import opcodes, values
from cairn.flavors.pickles.joblib_arrays import array_size
from cairn.flavors.pickles.machine import (
    COMPUTED,
    MAX_KEPT,
    PLAIN,
    Machine,
    Made,
    Walk,
)
from cairn.flavors.pickles.values import Step

LAST_PROTOCOL = 5


class Walked(NamedTuple):
    """A walk, why it broke off if it did, and whether every unpickler would end there."""

    walk: Walk
    broken: str = ""
    doubtful: bool = False


def walk_pickle(content: Any, place: int = 0) -> Walked:
    """Walk the stream that begins at `place` of some bytes, or of a mapped file."""
    walk = Walk()
    return _walked(walk, lambda: run(Machine(content, place, walk)))


def walk_on(content: Any) -> Walked:
    """Walk one stream after another, as an unpickler does that is asked again and again.

    What it remembers of one stream it knows in the next. The walk always breaks off.
    """
    walk = Walk()
    machine = Machine(content, 0, walk)

    def go_on() -> None:
        while True:
            run(machine)
            machine.stack.clear()
            machine.marks.clear()

    return _walked(walk, go_on)


def _walked(walk: Walk, go: Callable[[], None]) -> Walked:
    try:
        go()
    except (Doubtful, RecursionError) as error:
        return Walked(walk, str(error), doubtful=True)
    except Corrupt as error:
        return Walked(walk, str(error))
    return Walked(walk)


def run(machine: Machine) -> None:
    """Follow instructions up to STOP; raises `Corrupt` where every unpickler would stop."""
    content, end = machine.content, len(machine.content)
    steps: tuple[Step | None, ...] = STEPS
    for _ in range(MAX_INSTRUCTIONS):
        place = machine.place
        if place >= end:
            raise Corrupt("it ends before its STOP")
        code: int = content[place]
        step = steps[code]
        if step is None:
            raise Corrupt(f"byte {place} is {code:#04x}, which is not an instruction")
        machine.place = place + 1
        if step(machine):
            machine.walk.end = machine.place
            return
    raise Doubtful(f"it has more than {MAX_INSTRUCTIONS} instructions, Cairn's limit")


def _new_dictionary(machine: Machine) -> None:
    machine.stack.append({})


def _dictionary(machine: Machine) -> None:
    machine.stack.append(_pairs(machine.pop_marked()))


def _tuple(machine: Machine) -> None:
    machine.stack.append(_short(machine.pop_marked()))


def _tuple_of(length: int) -> Step:
    def step(machine: Machine) -> None:
        machine.need(length)
        taken = machine.stack[-length:]
        del machine.stack[-length:]
        machine.stack.append(tuple(taken))

    return step


def _collection(machine: Machine) -> None:
    machine.pop_marked()
    machine.stack.append(PLAIN)


def _append(machine: Machine) -> None:
    machine.pop()
    machine.changed()


def _append_marked(machine: Machine) -> None:
    machine.pop_marked()
    machine.changed()


def _set_item(machine: Machine) -> None:
    machine.need(2)
    value, key = machine.pop(), machine.pop()
    _fill(machine, [key, value])


def _set_items(machine: Machine) -> None:
    _fill(machine, machine.pop_marked())


def _fill(machine: Machine, items: list[Any]) -> None:
    target = machine.changed()
    pairs = _pairs(items)
    if isinstance(target, dict):
        cast("dict[str, Any]", target).update(pairs)


def _stack_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.find(module, name)


def _object(machine: Machine) -> None:
    taken = machine.pop_marked()
    if not taken:
        raise Corrupt("it makes an object of no class")
    machine.call(taken[0], _short(taken[1:]))


def _call(machine: Machine) -> None:
    arguments, callee = machine.pop(), machine.pop()
    machine.call(callee, arguments)


def _call_with_keywords(machine: Machine) -> None:
    machine.pop()
    _call(machine)


def _build(machine: Machine) -> None:
    wrapper = machine.build()
    if wrapper is not None:
        _skip_array(machine, wrapper)


def _skip_array(machine: Machine, wrapper: Made) -> None:
    """Go past the bytes of an array of joblib's, or through the pickle of one with objects.

    joblib reads them behind the current frame, so none may be unfinished.
    """
    if machine.place < machine.frame_end:
        raise Corrupt("an array of joblib's lies inside a frame")
    machine.walk.joblib = True
    size = array_size(wrapper.state, machine.content[machine.place : machine.place + 1])
    if size is None:
        nested = Machine(machine.content, machine.place, machine.walk)
        run(nested)
        size = nested.place - machine.place
    machine.place += size
    if machine.place > len(machine.content):
        raise Corrupt("an array of joblib's ends after the file")
    machine.stack[-1] = PLAIN


def _persistent(machine: Machine) -> None:
    machine.pop()
    machine.walk.persistent = True
    machine.stack.append(COMPUTED)


def _buffer(machine: Machine) -> None:
    machine.walk.note("it asks for buffers that are not in the file")
    machine.stack.append(PLAIN)


def _read_only(machine: Machine) -> None:
    machine.top()


def _mark(machine: Machine) -> None:
    machine.marks.append(len(machine.stack))


def _pop(machine: Machine) -> None:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.marks.pop()
    else:
        machine.pop()


def _pop_mark(machine: Machine) -> None:
    machine.pop_marked()


def _duplicate(machine: Machine) -> None:
    machine.stack.append(machine.top())


def _stop(machine: Machine) -> bool:
    machine.pop()
    return True


def _memoize(machine: Machine) -> None:
    machine.remember(len(machine.memo))


def _put(machine: Machine) -> None:
    machine.remember(opcodes.memo_place(machine))


def _get(machine: Machine) -> None:
    machine.recall(opcodes.memo_place(machine))


def _put_at(layout: struct.Struct) -> Step:
    return lambda machine: machine.remember(opcodes.fixed(machine, layout))


def _get_at(layout: struct.Struct) -> Step:
    return lambda machine: machine.recall(opcodes.fixed(machine, layout))


def _find(machine: Machine) -> None:
    machine.find(*opcodes.two_lines(machine))


def _instance(machine: Machine) -> None:
    machine.find(*opcodes.two_lines(machine))  # which the unpickler in Python does first
    callee = machine.stack.pop()
    machine.call(callee, _short(machine.pop_marked()))


def _extension(layout: struct.Struct) -> Step:
    def step(machine: Machine) -> None:
        number = opcodes.fixed(machine, layout)
        machine.walk.computes = True
        machine.walk.note(
            f"it names a global by the number {number}, which stands nowhere in it"
        )
        machine.stack.append(COMPUTED)

    return step


def _persistent_line(machine: Machine) -> None:
    opcodes.line(machine)
    machine.stack.append(COMPUTED)
    machine.walk.persistent = True


def _frame(machine: Machine) -> None:
    size = opcodes.fixed(machine, opcodes.WIDE)
    machine.frame_end = machine.place + size


def _protocol(machine: Machine) -> None:
    number = opcodes.fixed(machine, opcodes.BYTE)
    if number > LAST_PROTOCOL:
        machine.walk.note(f"it has protocol {number}")


def _pairs(items: list[Any]) -> dict[str, Any]:
    """Keep what lies under text keys: nothing is looked up by another one."""
    if len(items) % 2:
        raise Corrupt("a dictionary has a key without a value")
    pairs = zip(items[::2], items[1::2], strict=True)
    return {key: value for key, value in pairs if isinstance(key, str)}


def _short(items: list[Any]) -> Any:
    return tuple(items) if len(items) <= MAX_KEPT else COMPUTED


INSTRUCTIONS: Mapping[int, tuple[str, Step]] = {
    ord("("): ("MARK", _mark),
    ord("."): ("STOP", _stop),
    ord("0"): ("POP", _pop),
    ord("1"): ("POP_MARK", _pop_mark),
    ord("2"): ("DUP", _duplicate),
    ord("F"): ("FLOAT", values.old_float),
    ord("I"): ("INT", values.old_number),
    ord("J"): ("BININT", values.fixed(opcodes.SIGNED)),
    ord("K"): ("BININT1", values.fixed(opcodes.BYTE)),
    ord("L"): ("LONG", values.old_number),
    ord("M"): ("BININT2", values.fixed(opcodes.SHORT)),
    ord("N"): ("NONE", values.push(None)),
    ord("P"): ("PERSID", _persistent_line),
    ord("Q"): ("BINPERSID", _persistent),
    ord("R"): ("REDUCE", _call),
    ord("S"): ("STRING", values.quoted),
    ord("T"): ("BINSTRING", values.old_text(opcodes.SIGNED)),
    ord("U"): ("SHORT_BINSTRING", values.old_text(opcodes.BYTE)),
    ord("V"): ("UNICODE", values.unicode),
    ord("X"): ("BINUNICODE", values.text(opcodes.LONG)),
    ord("a"): ("APPEND", _append),
    ord("b"): ("BUILD", _build),
    ord("c"): ("GLOBAL", _find),
    ord("d"): ("DICT", _dictionary),
    ord("}"): ("EMPTY_DICT", _new_dictionary),
    ord("e"): ("APPENDS", _append_marked),
    ord("g"): ("GET", _get),
    ord("h"): ("BINGET", _get_at(opcodes.BYTE)),
    ord("i"): ("INST", _instance),
    ord("j"): ("LONG_BINGET", _get_at(opcodes.LONG)),
    ord("l"): ("LIST", _collection),
    ord("]"): ("EMPTY_LIST", values.push(PLAIN)),
    ord("o"): ("OBJ", _object),
    ord("p"): ("PUT", _put),
    ord("q"): ("BINPUT", _put_at(opcodes.BYTE)),
    ord("r"): ("LONG_BINPUT", _put_at(opcodes.LONG)),
    ord("s"): ("SETITEM", _set_item),
    ord("t"): ("TUPLE", _tuple),
    ord(")"): ("EMPTY_TUPLE", values.push(())),
    ord("u"): ("SETITEMS", _set_items),
    ord("G"): ("BINFLOAT", values.skipped(8)),
    ord("B"): ("BINBYTES", values.data(opcodes.LONG)),
    ord("C"): ("SHORT_BINBYTES", values.data(opcodes.BYTE)),
    0x80: ("PROTO", _protocol),
    0x81: ("NEWOBJ", _call),
    0x82: ("EXT1", _extension(opcodes.BYTE)),
    0x83: ("EXT2", _extension(opcodes.SHORT)),
    0x84: ("EXT4", _extension(opcodes.SIGNED)),
    0x85: ("TUPLE1", _tuple_of(1)),
    0x86: ("TUPLE2", _tuple_of(2)),
    0x87: ("TUPLE3", _tuple_of(3)),
    0x88: ("NEWTRUE", values.push(PLAIN)),
    0x89: ("NEWFALSE", values.push(PLAIN)),
    0x8A: ("LONG1", values.long(opcodes.BYTE)),
    0x8B: ("LONG4", values.long(opcodes.SIGNED)),
    0x8C: ("SHORT_BINUNICODE", values.text(opcodes.BYTE)),
    0x8D: ("BINUNICODE8", values.text(opcodes.WIDE)),
    0x8E: ("BINBYTES8", values.data(opcodes.WIDE)),
    0x8F: ("EMPTY_SET", values.push(PLAIN)),
    0x90: ("ADDITEMS", _append_marked),
    0x91: ("FROZENSET", _collection),
    0x92: ("NEWOBJ_EX", _call_with_keywords),
    0x93: ("STACK_GLOBAL", _stack_global),
    0x94: ("MEMOIZE", _memoize),
    0x95: ("FRAME", _frame),
    0x96: ("BYTEARRAY8", values.data(opcodes.WIDE)),
    0x97: ("NEXT_BUFFER", _buffer),
    0x98: ("READONLY_BUFFER", _read_only),
}
"""Every instruction of protocols 0 to 5, by its byte."""

STEPS: tuple[Step | None, ...] = tuple(
    INSTRUCTIONS[code][1] if code in INSTRUCTIONS else None for code in range(256)
)
