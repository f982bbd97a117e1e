"""Pickles are judged by what they name, call and change, without being unpickled."""

import io
import pickle
import pickletools
import sys
from collections import OrderedDict, defaultdict
from contextlib import suppress
from typing import Any, Literal, Self

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.flavors.formats import judge
from cairn.flavors.pickles.scan import can_run, scan_pickle
from cairn.flavors.pickles.steps import INSTRUCTIONS, walk_pickle
from models import streams
from models.fitted import MODELS

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.mark.parametrize("attack", streams.ATTACKS.values(), ids=streams.ATTACKS.keys())
def test_no_attack_passes(attack: bytes) -> None:
    verdict = scan_pickle(attack).verdict

    assert verdict.safety == "unsafe"
    assert verdict.reasons


@pytest.mark.parametrize("attack", streams.ATTACKS.values(), ids=streams.ATTACKS.keys())
def test_no_attack_hides_behind_its_format(attack: bytes) -> None:
    assert judge(attack).safety != "safe"


def test_reasons_name_what_was_found() -> None:
    scan = scan_pickle(streams.SYSTEM + streams.named("mine", "Model") + streams.STOP)

    assert scan.verdict.names == ("os.system", "mine.Model")
    assert scan.verdict.reasons[0] == "it names os.system, which no model needs"
    assert scan.verdict.reasons[-1] == "it names mine.Model, which the allow-list does not"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ordinary_values_name_nothing_foreign(protocol: int) -> None:
    value = [
        {"a": 1, "b": (2.5, None, True), 3: b"bytes", "long": 2**70, "negative": -5},
        {1, 2},
        frozenset({"x"}),
        OrderedDict(a=1),
        defaultdict(list, {"a": [1]}),
        np.arange(6).reshape(2, 3),
        np.float64(3.5),
        np.array(["a", None], dtype=object),
        bytearray(b"ab"),
        complex(1, 2),
        "ä" * 300,
    ]

    scan = scan_pickle(pickle.dumps(value, protocol=protocol))

    assert (scan.never, scan.foreign, scan.hostile) == ((), (), ())
    assert scan.verdict.safety == "unknown"


@pytest.mark.parametrize("kind", ["column_pipeline", "hist_boosting_categories", "nearest"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ordinary_models_name_nothing_foreign(kind: str, protocol: int) -> None:
    model, _ = MODELS[kind]()
    in_joblib = io.BytesIO()
    joblib.dump(model, in_joblib, protocol=protocol)

    plain = scan_pickle(pickle.dumps(model, protocol=protocol))
    with_arrays = scan_pickle(in_joblib.getvalue())

    assert (plain.form, plain.never, plain.foreign) == ("pickle", (), ())
    assert (with_arrays.form, with_arrays.never, with_arrays.foreign) == ("joblib", (), ())


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.arange(5, dtype="i2"),
        np.zeros((0, 3)),
        np.array(2.5),
        np.array(["ab", "c"]),
        np.array([b"ab", b"c"]),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.zeros(3, dtype=[("a", "i1"), ("b", "f8")]),
        np.zeros(3, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        np.array([1, "a", None, [2]], dtype=object),
        np.zeros(2, dtype=[("a", "i1"), ("b", "O")]),
        np.array([True, False]),
    ],
    ids=lambda array: str(array.dtype),
)
def test_joblib_arrays_of_every_type_are_gone_past(
    array: Any, order: Literal["C", "F"]
) -> None:
    content = io.BytesIO()
    joblib.dump({"before": 1, "array": np.asarray(array, order=order), "after": [2]}, content)

    scan = scan_pickle(content.getvalue())

    assert scan.never == ()


def wrapper(state: bytes) -> bytes:
    """A joblib array by hand, up to where its bytes begin."""
    made = streams.named("joblib.numpy_pickle", "NumpyArrayWrapper")
    return made + streams.EMPTY_TUPLE + streams.NEWOBJ + state + streams.BUILD


def array_state(kind: str, length: int) -> bytes:
    """The state of an array of numbers without alignment."""
    dtype = (
        streams.named("numpy", "dtype") + streams.text(kind) + streams.TUPLE1 + streams.REDUCE
    )
    return (
        streams.EMPTY_DICT
        + streams.MARK
        + streams.text("shape")
        + streams.number(length)
        + streams.TUPLE1
        + streams.text("dtype")
        + dtype
        + streams.SETITEMS
    )


def test_an_attack_inside_the_bytes_of_an_array_is_data_for_joblib() -> None:
    hidden = streams.SYSTEM
    stream = streams.proto(2) + wrapper(array_state("u1", len(hidden))) + hidden + streams.STOP

    scan = scan_pickle(stream)

    assert scan.form == "joblib"
    assert scan.never == ()


def test_an_attack_behind_the_bytes_of_an_array_is_seen() -> None:
    stream = streams.proto(2) + wrapper(array_state("u1", 4)) + b"1234" + streams.SYSTEM

    scan = scan_pickle(stream + streams.STOP)

    assert scan.hostile == ("os.system",)


def test_an_array_inside_a_frame_is_refused_because_readers_disagree() -> None:
    inside = wrapper(array_state("u1", 4)) + b"1234" + streams.STOP

    scan = scan_pickle(streams.proto(4) + streams.frame(inside))

    assert "inside a frame" in scan.never[0]


@pytest.mark.parametrize(
    "state",
    [
        streams.NONE,
        streams.EMPTY_DICT,
        array_state("O", 1),
        array_state("V8", 1),
        array_state("U5", 1),
        array_state("u1", -1),
        array_state("f0", 1),
        array_state("zzz", 1),
        array_state("u1", 2_000_000_000),
    ],
)
def test_an_array_whose_bytes_cannot_be_counted_is_refused(state: bytes) -> None:
    scan = scan_pickle(streams.proto(2) + wrapper(state) + b"\0" * 16 + streams.STOP)

    assert scan.never


def test_a_type_that_is_made_wider_behind_its_name_is_refused() -> None:
    """Numpy lets the state of a dtype change its width: more bytes would be read."""
    dtype = streams.call(streams.named("numpy", "dtype"), streams.text("V4"))
    parts = (3, "|", None, None, None, 16, 1, 0)
    spelled = (
        streams.NONE
        if part is None
        else streams.number(part)
        if isinstance(part, int)
        else streams.text(part)
        for part in parts
    )
    wider = dtype + streams.MARK + b"".join(spelled) + streams.TUPLE + streams.BUILD
    shape = streams.text("shape") + streams.number(1) + streams.TUPLE1
    state = streams.EMPTY_DICT + streams.MARK + shape + streams.text("dtype") + wider
    stream = streams.proto(2) + wrapper(state + streams.SETITEMS) + b"\0" * 4 + streams.STOP

    scan = scan_pickle(stream + b"\0" * 11)

    assert "contradicts itself" in scan.never[0]


def test_a_wrapper_that_comes_from_nowhere_is_refused() -> None:
    unknown = streams.call(streams.named("copyreg", "_reconstructor"), streams.NONE)
    named = streams.named("joblib.numpy_pickle", "NumpyArrayWrapper") + streams.POP
    hidden = streams.call(unknown, streams.NONE)

    scan = scan_pickle(named + hidden + array_state("u1", 4) + streams.BUILD + streams.STOP)

    assert scan.never


@given(content=st.binary(max_size=200))
def test_no_bytes_make_the_scan_fail(content: bytes) -> None:
    assert judge(content).safety in ("safe", "unknown", "unsafe")


@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
def test_no_changed_byte_makes_the_scan_fail(place: int, value: int) -> None:
    content = bytearray(pickle.dumps({"a": [1, "b", (2.5, np.arange(3))]}))
    content[place % len(content)] = value

    scan = scan_pickle(bytes(content))

    assert scan.verdict.safety in ("unknown", "unsafe")


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
        max_leaves=20,
    ),
    protocol=st.sampled_from(PROTOCOLS),
)
def test_plain_values_are_followed_to_their_end(value: Any, protocol: int) -> None:
    scan = scan_pickle(pickle.dumps(value, protocol=protocol))

    assert scan.never == ()
    assert scan.foreign == ()


class Anything:
    """Stands for whatever a stream looks up: takes every call, item and state."""

    def __new__(cls, *arguments: Any, **keywords: Any) -> Self:
        """Be made of any arguments."""
        del arguments, keywords
        return super().__new__(cls)

    def __call__(self, *arguments: Any) -> Self:
        """Take any call."""
        del arguments
        return self

    def __setstate__(self, state: Any) -> None:
        """Take any state."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Take any item."""

    def append(self, value: Any) -> None:
        """Take any item."""

    extend = add = update = append


class Recorder(pickle.Unpickler):
    """CPython's unpickler, which notes what it looks up and gets nothing of it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self.seen: set[tuple[str, str]] = set()

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Note the name."""
        self.seen.add((module_name, global_name))
        return Anything


STEPS = (
    *(streams.MARK, streams.POP, streams.DUP, b"1", b"a", b"e", b"s", b"u", b"d", b"l", b"t"),
    *(streams.NONE, streams.EMPTY_DICT, streams.EMPTY_LIST, streams.EMPTY_TUPLE, b"\x87"),
    *(streams.TUPLE1, streams.TUPLE2, streams.REDUCE, streams.NEWOBJ, streams.NEWOBJ_EX),
    *(streams.BUILD, streams.OBJ, streams.MEMOIZE, streams.STACK_GLOBAL, b"\x8f", b"\x90"),
    *(streams.text("os"), streams.text("system"), streams.text("numpy"), b"S'os'\n", b"Vos\n"),
    *(streams.put(0), streams.put(3), streams.get(0), streams.get(1), streams.get(3)),
    *(streams.named("os", "system"), b"ios\nsystem\n", b"U\x02os", b"p1\n", b"g1\n", b"\x91"),
    *(streams.number(3), b"I1\n", b"\x88", b"C\x01x", streams.proto(4), streams.frame(b"")),
)


@settings(max_examples=1500)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=30))
def test_whatever_cpython_looks_up_the_scan_has_seen(steps: list[bytes]) -> None:
    stream = b"".join(steps) + streams.STOP
    scan = scan_pickle(stream)
    recorder = Recorder(stream)

    with suppress(Exception):  # most streams break off
        recorder.load()

    computed = any("computes" in reason for reason in scan.never)
    assert computed or recorder.seen <= scan.names
    assert scan.never or recorder.seen == scan.names


def test_every_instruction_of_the_standard_library_is_known() -> None:
    standard = {ord(opcode.code): opcode.name for opcode in pickletools.opcodes}

    assert {code: name for code, (name, _) in INSTRUCTIONS.items()} == standard


def test_the_scan_looks_up_and_imports_nothing() -> None:
    seen: list[str] = []
    watching = [True]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching[0] and event in ("pickle.find_class", "import", "exec", "os.system"):
            seen.append(f"{event} {arguments}")

    sys.addaudithook(watch)
    for attack in streams.ATTACKS.values():
        judge(attack)
    watching[0] = False

    assert seen == []


def test_text_is_only_a_pickle_if_it_would_run() -> None:
    assert can_run(walk_pickle(b"customer_id,age\n1,2\n3,4\n")) is None
    assert can_run(walk_pickle(b"cos\nsystem\n(S'true'\ntR and more text")) is not None
