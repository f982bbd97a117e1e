"""What CPython does with mutated pickles, where it can do no harm, the scan has seen."""

import json
import pickle
import pickletools
import subprocess
import sys
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
import pytest

from cairn.flavors.formats import judge
from cairn.flavors.pickles.scan import can_run
from cairn.flavors.pickles.steps import walk_pickle
from models import streams

STREAMS = 1500
UNPICKLERS = Path(__file__).parent / "unpicklers.py"

VALUES = (
    {"a": [1, 2.5, None, True], "b": ("x", b"y", -7, 2**70), "c": {"d": "é" * 9}},
    [OrderedDict(a=1), {1, 2}, frozenset({"x"}), bytearray(b"ab"), complex(1, 2)],
    np.arange(3.0),
    "text",
)
ATOMS = (
    *(b"I1\n", b"I01\n", b"I 1\n", b"I0x1f\n", b"L5L\n", b"F1.5\n", b"Fnan\n", b"N", b"K\x01"),
    *(b"p1\n", b"p+1\n", b"p 1 \n", b"p1_0\n", b"p01\n", b"p1\x00x\n", b"p-1\n", b"q\x01"),
    *(b"g1\n", b"g+1\n", b"g 1\n", b"g10\n", b"h\x01", b"h\n", b"h\xc2", b"\x94", b"2", b"0"),
    *(
        b"S'os'\n",
        b"S'o\\x73'\n",
        b'S"os"\n',
        b"S'os' \n",
        b"S'os\n",
        b"Vos\n",
        b"Vo\\u0073\n",
    ),
    *(
        b"S'system'\n",
        b"S'sys\\164em'\n",
        b"\x8c\x02os",
        b"\x8c\x06system",
        b"U\x02os",
        b"\x93",
    ),
    *(
        b"cos\nsystem\n",
        b"cposix\nsystem\n",
        b"cos\r\nsystem\n",
        b"(ios\nsystem\n",
        b"ios\nsystem\n",
    ),
    *(
        b"(",
        b")",
        b"]",
        b"}",
        b"t",
        b"l",
        b"d",
        b"R",
        b"b",
        b"o",
        b"s",
        b"u",
        b"a",
        b"e",
        b"1",
    ),
    *(
        b"\x81",
        b"\x92",
        b"\x85",
        b"\x86",
        b"\x87",
        b"\x80\x02",
        b"\x80\x05",
        b"\x80\x06",
        b".",
    ),
    *(
        streams.frame(b""),
        streams.frame(b"N"),
        b"\x95" + b"\xff" * 8,
        b"\x97",
        b"\x98",
        b"P1\n",
    ),
    *(
        b"Q",
        b"\x82\x01",
        b"(S'true'\ntR",
        b"\x8f",
        b"\x90",
        b"\x91",
        b"C\x01x",
        b"\x88",
        b"\xff",
    ),
)


def mutated(random: Random) -> bytes:
    """A pickle or an attack with bytes changed, or instructions put together at random."""
    kind = random.randrange(3)
    if kind == 0:
        return b"".join(random.choice(ATOMS) for _ in range(random.randint(1, 12)))
    if kind == 1:
        value = pickle.dumps(random.choice(VALUES), protocol=random.randint(0, 5))
        stream = bytearray(random.choice([value, *streams.ATTACKS.values()]))
    else:
        stream = bytearray(random.choice(list(streams.ATTACKS.values())))
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(stream) + 1)
        match random.randrange(4):
            case 0:
                stream[place : place + 1] = bytes([random.randrange(256)])
            case 1:
                stream[place:place] = random.choice(ATOMS)
            case 2:
                del stream[place : place + random.randint(1, 3)]
            case _:
                del stream[max(place, 1) :]
    return bytes(stream) or b"N."


@pytest.fixture(scope="module")
def tried() -> list[tuple[bytes, list[str], bool]]:
    """Mutated streams, each with what two unpicklers looked up, and whether they called it."""
    random = Random(20)
    made = [mutated(random) for _ in range(STREAMS)]
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", str(UNPICKLERS)],
        input="".join(f"{stream.hex()}\n" for stream in made),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [(stream, *answer) for stream, answer in zip(made, answers, strict=True)]


def test_what_an_unpickler_looks_up_the_walk_has_named(
    tried: list[tuple[bytes, list[str], bool]],
) -> None:
    missed = [
        (stream, looked_up)
        for stream, looked_up, _ in tried
        if not (walked := walk_pickle(stream)).walk.computes
        and not walked.doubtful
        and not set(looked_up) <= {str(found) for found in walked.walk.names}
    ]

    assert missed == []
    assert sum(bool(looked_up) for _, looked_up, _ in tried) > STREAMS // 5


def test_what_an_unpickler_calls_is_not_safe_whatever_it_is_wrapped_in(
    tried: list[tuple[bytes, list[str], bool]],
) -> None:
    beginnings = (b"", b"GIF89a\x01\0\x01", b"GGUF\x03\0\0\0\0")
    running = [
        (beginning + stream, looked_up)
        for stream, looked_up, called in tried
        for beginning in beginnings
        if called
    ]

    missed = [
        (stream, looked_up)
        for stream, looked_up in running
        if judge(stream, "notes.txt").safety == "safe"
        or (can_run(walk_pickle(stream)) is None and any(map(can_be_imported, looked_up)))
    ]

    assert missed == []
    assert len(running) > STREAMS // 10


def can_be_imported(name: str) -> bool:
    """Tell whether an import statement could name it."""
    return all(part.isidentifier() for part in name.split("."))


def test_what_the_standard_library_lists_to_its_end_ends_there(
    tried: list[tuple[bytes, list[str], bool]],
) -> None:
    """The lister follows no stack and no memo, and decodes more than an unpickler does."""
    compared = 0
    for stream, *_ in tried:
        walked = walk_pickle(stream)
        with suppress(ValueError, DeprecationWarning):
            place = list(pickletools.genops(stream))[-1][2]
            if not walked.broken:
                assert walked.walk.end == (place or 0) + 1
                compared += 1

    assert compared > STREAMS // 20
