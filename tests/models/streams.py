"""Pickle streams written instruction by instruction; nothing here is ever unpickled."""

import struct
from collections.abc import Mapping

MARK, STOP, POP, DUP = b"(", b".", b"0", b"2"
REDUCE, BUILD, OBJ = b"R", b"b", b"o"
NEWOBJ, NEWOBJ_EX, STACK_GLOBAL, MEMOIZE = b"\x81", b"\x92", b"\x93", b"\x94"
EMPTY_TUPLE, EMPTY_DICT, EMPTY_LIST, NONE = b")", b"}", b"]", b"N"
TUPLE1, TUPLE2, TUPLE, SETITEMS = b"\x85", b"\x86", b"t", b"u"


def proto(number: int) -> bytes:
    """Begin a stream of some protocol."""
    return bytes([0x80, number])


def named(module: str, name: str) -> bytes:
    """GLOBAL: push what a module calls `name`."""
    return f"c{module}\n{name}\n".encode()


def text(value: str) -> bytes:
    """SHORT_BINUNICODE: push a text."""
    content = value.encode()
    return b"\x8c" + bytes([len(content)]) + content


def stacked(module: str, name: str) -> bytes:
    """STACK_GLOBAL: the same by two texts from the stack."""
    return text(module) + text(name) + STACK_GLOBAL


def put(place: int) -> bytes:
    """BINPUT: keep the top value in the memo."""
    return b"q" + bytes([place])


def get(place: int) -> bytes:
    """BINGET: push a value from the memo."""
    return b"h" + bytes([place])


def number(value: int) -> bytes:
    """BININT: push a number."""
    return b"J" + struct.pack("<i", value)


def frame(content: bytes) -> bytes:
    """FRAME: announce how many bytes follow together."""
    return b"\x95" + struct.pack("<Q", len(content)) + content


def call(callee: bytes, *arguments: bytes) -> bytes:
    """REDUCE: call something with arguments."""
    return callee + MARK + b"".join(arguments) + TUPLE + REDUCE


SYSTEM = call(named("os", "system"), text("true"))
"""What an attack comes down to."""

ATTACKS: Mapping[str, bytes] = {
    "os.system in protocol 0": b"cos\nsystem\n(S'true'\ntR.",
    "posix.system": call(named("posix", "system"), text("true")) + STOP,
    "nt.system": call(named("nt", "system"), text("true")) + STOP,
    "builtins.eval": proto(2) + call(named("builtins", "eval"), text("1")) + STOP,
    "builtins.exec": proto(3) + call(named("builtins", "exec"), text("1")) + STOP,
    "__builtin__.eval": proto(2) + call(named("__builtin__", "eval"), text("1")) + STOP,
    "__builtin__.execfile": proto(2)
    + call(named("__builtin__", "execfile"), text("a"))
    + STOP,
    "builtins.compile": proto(2) + call(named("builtins", "compile"), text("1")) + STOP,
    "builtins.__import__": proto(2) + call(named("builtins", "__import__"), text("os")) + STOP,
    "builtins.open": proto(2) + call(named("builtins", "open"), text("a"), text("w")) + STOP,
    "builtins.getattr": proto(2) + call(named("builtins", "getattr"), NONE, text("x")) + STOP,
    "builtins.setattr": proto(2) + call(named("builtins", "setattr"), NONE, text("x")) + STOP,
    "builtins.globals": proto(2) + named("builtins", "globals") + EMPTY_TUPLE + REDUCE + STOP,
    "builtins.map": proto(2) + call(named("builtins", "map"), NONE, EMPTY_LIST) + STOP,
    "subprocess.Popen": proto(4) + call(stacked("subprocess", "Popen"), text("true")) + STOP,
    "subprocess.run in a frame": proto(4)
    + frame(call(stacked("subprocess", "run"), text("true")) + STOP),
    "importlib.import_module": call(named("importlib", "import_module"), text("os")) + STOP,
    "runpy.run_path": call(named("runpy", "run_path"), text("a.py")) + STOP,
    "pty.spawn": call(named("pty", "spawn"), text("sh")) + STOP,
    "socket.socket": named("socket", "socket") + EMPTY_TUPLE + REDUCE + STOP,
    "shutil.rmtree": call(named("shutil", "rmtree"), text("/tmp/none")) + STOP,
    "pickle.loads": call(named("pickle", "loads"), b"C\x02N.") + STOP,
    "_pickle.loads": call(named("_pickle", "loads"), b"C\x02N.") + STOP,
    "marshal.loads": call(named("marshal", "loads"), b"C\x01N") + STOP,
    "types.FunctionType": call(named("types", "FunctionType"), NONE) + STOP,
    "types.CodeType": call(named("types", "CodeType"), NONE) + STOP,
    "operator.attrgetter": call(named("operator", "attrgetter"), text("system")) + STOP,
    "operator.methodcaller": call(named("operator", "methodcaller"), text("x")) + STOP,
    "functools.reduce": call(named("functools", "reduce"), NONE, EMPTY_LIST) + STOP,
    "code.InteractiveInterpreter": MARK + named("code", "InteractiveInterpreter") + OBJ + STOP,
    "timeit.timeit": call(named("timeit", "timeit"), text("1")) + STOP,
    "cProfile.run": call(named("cProfile", "run"), text("1")) + STOP,
    "pdb.run": call(named("pdb", "run"), text("1")) + STOP,
    "bdb.Bdb.run, dotted": proto(4) + call(stacked("bdb", "Bdb.run"), text("1")) + STOP,
    "numpy.testing runstring": call(
        named("numpy.testing._private.utils", "runstring"), text("1"), EMPTY_DICT
    )
    + STOP,
    "numpy.f2py": call(named("numpy.f2py.crackfortran", "getlincoef"), text("1")) + STOP,
    "numpy.load": call(named("numpy", "load"), text("a.npy")) + STOP,
    "joblib.load": call(named("joblib", "load"), text("a.pkl")) + STOP,
    "joblib's old array, which reads another file": named(
        "joblib.numpy_pickle_compat", "NDArrayWrapper"
    )
    + EMPTY_TUPLE
    + NEWOBJ
    + STOP,
    "torch's way to nested pickles": call(
        named("torch.storage", "_load_from_bytes"), b"C\x02N."
    )
    + STOP,
    "dotted name behind an allowed module": proto(4)
    + stacked("numpy", "f2py.os.system")
    + STOP,
    "dotted name behind an allowed class": proto(4)
    + stacked("sklearn.linear_model._base", "LinearRegression.__init__.__globals__")
    + STOP,
    "dunder of an allowed name": proto(4)
    + stacked("builtins", "object.__subclasses__")
    + STOP,
    "INST": MARK + text("true") + b"ios\nsystem\n" + STOP,
    "OBJ": MARK + named("os", "system") + text("true") + OBJ + STOP,
    "NEWOBJ": proto(2) + named("subprocess", "Popen") + text("true") + TUPLE1 + NEWOBJ + STOP,
    "NEWOBJ_EX": proto(4)
    + stacked("subprocess", "Popen")
    + text("true")
    + TUPLE1
    + EMPTY_DICT
    + NEWOBJ_EX
    + STOP,
    "name from the memo": proto(4)
    + text("os")
    + put(5)
    + POP
    + text("system")
    + put(6)
    + POP
    + call(get(5) + get(6) + STACK_GLOBAL, text("true"))
    + STOP,
    "name from a memo that is overwritten": proto(4)
    + text("numpy")
    + put(1)
    + POP
    + text("os")
    + put(1)
    + POP
    + get(1)
    + text("system")
    + STACK_GLOBAL
    + STOP,
    "name by MEMOIZE behind a gap": proto(4)
    + text("numpy")
    + put(1)
    + POP
    + text("os")
    + MEMOIZE
    + POP
    + get(1)
    + text("system")
    + STACK_GLOBAL
    + STOP,
    "name by DUP": proto(4) + text("os") + DUP + POP + text("system") + STACK_GLOBAL + STOP,
    "name by POP of a decoy": proto(4)
    + text("os")
    + text("system")
    + text("dtype")
    + POP
    + STACK_GLOBAL
    + STOP,
    "name under a dropped mark": proto(4)
    + text("os")
    + text("system")
    + MARK
    + text("numpy")
    + text("dtype")
    + b"1"
    + STACK_GLOBAL
    + STOP,
    "name that a call computes": proto(4)
    + text("os")
    + call(named("builtins", "bytes"), EMPTY_TUPLE)
    + STACK_GLOBAL
    + STOP,
    "name in a text of protocol 0 with escapes": proto(4)
    + b"S'os'\nS'sys\\x74em'\n"
    + STACK_GLOBAL
    + STOP,
    "name in raw Unicode": proto(4) + b"Vo\\u0073\nVsystem\n" + STACK_GLOBAL + STOP,
    "callee that a call computes": call(
        call(named("functools", "partial"), named("numpy", "mean")), EMPTY_LIST
    )
    + STOP,
    "instance that is called": call(
        named("numpy", "dtype") + text("f8") + TUPLE1 + REDUCE, EMPTY_LIST
    )
    + STOP,
    "class that is given attributes": named("sklearn.linear_model._base", "LinearRegression")
    + NONE
    + EMPTY_DICT
    + MARK
    + text("predict")
    + named("numpy", "mean")
    + SETITEMS
    + TUPLE2
    + BUILD
    + STOP,
    "function that is given items": named("numpy", "mean") + text("a") + NONE + b"s" + STOP,
    "padding in front": NONE + POP + (NONE + POP) * 500 + SYSTEM + STOP,
    "many protocols": proto(2) + proto(0) + proto(4) + SYSTEM + STOP,
    "attack behind a harmless value": EMPTY_DICT + SYSTEM + POP + STOP,
    "two streams": NONE + STOP + SYSTEM + STOP,
    "bytes behind the end": NONE + STOP + b"\0\0\0",
    "attack before a break": SYSTEM + b"\xff",
    "attack without an end": SYSTEM,
    "attack before a wrong memo": SYSTEM + get(200) + STOP,
    "attack before an empty stack": SYSTEM + POP + POP + STOP,
    "attack before a broken length": SYSTEM + b"X\xff\xff\xff\x7f" + STOP,
    "attack before a wrong protocol": SYSTEM + proto(9) + STOP,
    "extension code 1": proto(2) + b"\x82\x01" + STOP,
    "extension code 2": proto(2) + b"\x83\x01\x00" + STOP,
    "extension code 4": proto(2) + b"\x84\x01\x00\x00\x00" + STOP,
    "persistent id": b"Pos.system\n" + STOP,
    "persistent id from the stack": proto(2) + text("x") + b"Q" + STOP,
    "buffer outside the file": proto(5) + b"\x97" + STOP,
    "name that is not UTF-8": b"cos\xff\nsystem\n" + STOP,
    "name with a carriage return": b"cnumpy\r\ndtype\r\n" + STOP,
    "allowed name with a space": b"cnumpy \ndtype\n" + STOP,
    "module of escapes": b"cn\\x75mpy\ndtype\n" + STOP,
    "class of the script itself": proto(4) + stacked("__main__", "Model") + STOP,
    "class of a stranger": proto(4) + stacked("someones.package", "Model") + STOP,
}
"""Streams that must never pass, each by its trick."""
