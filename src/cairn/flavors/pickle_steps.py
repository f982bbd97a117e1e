"""What each instruction of pickle does to the machine, and the walk through a whole stream."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from cairn.core.errors import Corrupt
from cairn.flavors.joblib_arrays import array_size
from cairn.flavors.opcodes import Argument, read_instruction
from cairn.flavors.pickle_machine import MAX_KEPT, UNKNOWN, Machine, Made, Walk

MAX_INSTRUCTIONS = 50_000_000
LAST_PROTOCOL = 5
_SMALL_BYTES = 8


def walk_pickle(content: bytes, place: int = 0) -> tuple[Walk, str]:
    """Walk the stream that begins at `place`; also says why it is broken, if it is."""
    walk = Walk()
    try:
        run(Machine(content, place, walk))
    except (Corrupt, RecursionError) as error:
        return walk, str(error)
    return walk, ""


def run(machine: Machine) -> None:
    """Follow instructions up to STOP; raises `Corrupt` where CPython would stop earlier."""
    for _ in range(MAX_INSTRUCTIONS):
        instruction = read_instruction(machine.content, machine.place)
        machine.place = instruction.end
        if instruction.name in PLAIN:
            PLAIN[instruction.name](machine)
        else:
            WITH_ARGUMENT[instruction.name](machine, instruction.argument)
        if instruction.name == "STOP":
            machine.walk.end = machine.place
            return
    raise Corrupt(f"it has more than {MAX_INSTRUCTIONS} instructions")


def _push(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.push(value)


def _new_dictionary(machine: Machine) -> None:
    machine.push({})


def _dictionary(machine: Machine) -> None:
    machine.push(_pairs(machine.pop_marked()))


def _tuple(machine: Machine) -> None:
    machine.push(_short(machine.pop_marked()))


def _tuple_of(length: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        machine.need(length)
        taken = machine.stack[-length:]
        del machine.stack[-length:]
        machine.push(tuple(taken))

    return step


def _collection(machine: Machine) -> None:
    machine.pop_marked()
    machine.push(UNKNOWN)


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
    machine.stack[-1] = UNKNOWN


def _persistent(machine: Machine) -> None:
    machine.pop()
    machine.walk.persistent = True
    machine.push(UNKNOWN)


def _buffer(machine: Machine) -> None:
    del machine
    raise Corrupt("it asks for buffers that are not in the file")


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
    machine.push(machine.top())


def _stop(machine: Machine) -> None:
    machine.pop()


def _memoize(machine: Machine) -> None:
    machine.remember(len(machine.memo))


def _put(machine: Machine, argument: Argument) -> None:
    machine.remember(_number(argument, -1))


def _get(machine: Machine, argument: Argument) -> None:
    machine.recall(_number(argument, -1))


def _push_number(machine: Machine, argument: Argument) -> None:
    machine.push(_number(argument, UNKNOWN))


def _push_long(machine: Machine, argument: Argument) -> None:
    content = _bytes(argument)
    small = len(content) <= _SMALL_BYTES
    machine.push(int.from_bytes(content, "little", signed=True) if small else UNKNOWN)


def _push_unknown(machine: Machine, argument: Argument) -> None:
    del argument
    machine.push(UNKNOWN)


def _push_text(machine: Machine, argument: Argument) -> None:
    """Push a text; CPython lets lone surrogates through, which no module is named by."""
    try:
        machine.push(_bytes(argument).decode())
    except UnicodeDecodeError:
        machine.push(UNKNOWN)


def _push_quoted(machine: Machine, argument: Argument) -> None:
    content = _bytes(argument).strip()
    if (
        content[:1] not in (b"'", b'"')
        or content[:1] != content[-1:]
        or content == content[:1]
    ):
        raise Corrupt("a text has no quotes around it")
    _push_old_text(machine, content[1:-1])


def _push_old_text(machine: Machine, argument: Argument) -> None:
    """Push a text of protocol 0 or 1; escapes are not decoded, so one with them is unknown."""
    content = _bytes(argument)
    plain = content.isascii() and b"\\" not in content
    machine.push(content.decode("ascii") if plain else UNKNOWN)


def _find(machine: Machine, argument: Argument) -> None:
    machine.find(*_names(argument))


def _instance(machine: Machine, argument: Argument) -> None:
    arguments = _short(machine.pop_marked())
    machine.find(*_names(argument))
    machine.call(machine.pop(), arguments)


def _extension(machine: Machine, argument: Argument) -> None:
    machine.walk.note(
        f"it names a global by the number {argument}, which stands nowhere in it"
    )
    machine.push(UNKNOWN)


def _persistent_line(machine: Machine, argument: Argument) -> None:
    del argument
    machine.push(UNKNOWN)
    machine.walk.persistent = True


def _frame(machine: Machine, argument: Argument) -> None:
    machine.frame_end = machine.place + _number(argument, 0)


def _protocol(machine: Machine, argument: Argument) -> None:
    del machine
    if _number(argument, 0) > LAST_PROTOCOL:
        raise Corrupt(f"it has protocol {argument}")


def _pairs(items: list[Any]) -> dict[str, Any]:
    """Keep what lies under text keys: nothing is looked up by another one."""
    if len(items) % 2:
        raise Corrupt("a dictionary has a key without a value")
    pairs = zip(items[::2], items[1::2], strict=True)
    return {key: value for key, value in pairs if isinstance(key, str)}


def _short(items: list[Any]) -> Any:
    return tuple(items) if len(items) <= MAX_KEPT else UNKNOWN


def _number(argument: Argument, otherwise: Any) -> Any:
    """Read a number; on a line CPython takes more spellings, which no pickler writes."""
    if isinstance(argument, bytes):
        return int(argument) if argument.isdigit() else otherwise
    return argument


def _bytes(argument: Argument) -> bytes:
    assert isinstance(argument, bytes)
    return argument


def _names(argument: Argument) -> tuple[str, str]:
    assert isinstance(argument, tuple)
    try:
        return argument[0].decode(), argument[1].decode()
    except UnicodeDecodeError as error:
        raise Corrupt("the name of a global is not UTF-8") from error


PLAIN: Mapping[str, Callable[[Machine], None]] = {
    **dict.fromkeys(("NEWTRUE", "NEWFALSE", "EMPTY_LIST", "EMPTY_SET"), _push(UNKNOWN)),
    **dict.fromkeys(("LIST", "FROZENSET"), _collection),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), _append_marked),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), _call),
    **dict.fromkeys(("NEXT_BUFFER", "READONLY_BUFFER"), _buffer),
    "NONE": _push(None),
    "EMPTY_TUPLE": _push(()),
    "EMPTY_DICT": _new_dictionary,
    "DICT": _dictionary,
    "TUPLE": _tuple,
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "APPEND": _append,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "STACK_GLOBAL": _stack_global,
    "OBJ": _object,
    "NEWOBJ_EX": _call_with_keywords,
    "BUILD": _build,
    "BINPERSID": _persistent,
    "MARK": _mark,
    "POP": _pop,
    "POP_MARK": _pop_mark,
    "DUP": _duplicate,
    "MEMOIZE": _memoize,
    "STOP": _stop,
}
"""Instructions that have no argument."""

WITH_ARGUMENT: Mapping[str, Callable[[Machine, Argument], None]] = {
    **dict.fromkeys(("FLOAT", "BINFLOAT", "LONG"), _push_unknown),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"), _push_unknown),
    **dict.fromkeys(("INT", "BININT", "BININT1", "BININT2"), _push_number),
    **dict.fromkeys(("LONG1", "LONG4"), _push_long),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"), _push_text),
    **dict.fromkeys(("BINSTRING", "SHORT_BINSTRING", "UNICODE"), _push_old_text),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), _extension),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    "STRING": _push_quoted,
    "GLOBAL": _find,
    "INST": _instance,
    "PERSID": _persistent_line,
    "FRAME": _frame,
    "PROTO": _protocol,
}
"""Instructions that have one, and what it is for."""
