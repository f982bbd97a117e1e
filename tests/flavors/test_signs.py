"""Every sign of a program, each by itself: whichever is not looked for, a file shows it."""

import io
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cairn.flavors.formats import judge
from cairn.flavors.forms.parquet import _footer  # pyright: ignore[reportPrivateUsage] (to forge it)
from models.model_files import npy, of_polars, tagged, tarred
from models.model_kinds import BUILDING, OTHERS, PYTHON, SCRIPTS, SHELL, TEMPLATES, YAML

KEYS: tuple[dict[str, Any], ...] = (
    {"_target_": "evil.Model"},
    {"auto_map": {"AutoConfig": "evil.Config"}},
    {"class_path": "evil.Model"},
    {"lc": 1, "type": "secret"},
    {"base_model_class": "Evil", "parent_library": "evil"},
    {"module": "evil", "class": "Model"},
    {"module": "evil", "function": "run"},
    {"module": "evil", "qualname": "run"},
    {"impl": "evil.run", "pt": ["AutoModel"]},
    {"nbformat": 4, "cells": []},
    {"$type": "Evil"},
    {"@class": "evil.Model"},
    {"__class__": "Evil"},
    {"__type__": "Evil"},
    {"__reduce__": ["evil", []]},
    {"__lambda__": "x"},
    {"py/object": "evil"},
    {"py/repr": "evil"},
    {"class_name": "Lambda", "config": {"function": "x"}},
    {"loader_module": "evil"},
    {"trust_remote_code": True},
    {"type": "evil.Model"},
    *({name: "touch canary"} for name in ("command", "cmd", "exec", "run")),
    *({name: "bin/evil"} for name in ("entrypoint", "preinstall", "postinstall")),
)
REACHING = (
    *("{{ x | shell }}", "{{ run(x) }}", "{{ x.mro }}", "{{ x._y }}", "{{ x[y ~ z] }}"),
    *("{% import 'evil' as e %}", "{% extends 'evil' %}", "{{ x['__y__'] }}"),
    *("{{ x | sum(attribute='y') }}", "{{ __y__ }}", "{{ x", "{{ '\\x5f' }}"),
)
OLD = Path(pa.__file__).parent / "tests" / "data" / "parquet" / "v0.7.1.parquet"
"""As PyArrow wrote them in 2017; it tests itself with this file."""
HARMLESS: tuple[dict[str, Any], ...] = (
    {"command": "train", "run": "exp-1", "cmd": 3, "exec": None},
    {"loader_module": "mlflow.sklearn", "trust_remote_code": False},
    {"type": "macro", "version": "1.2.3", "_name_or_path": "bert-base"},
    {"class_name": "Dense", "config": {"units": 3}},
    {"module": "attention", "lc": 1, "pt": 2, "cells": 3},
    {"class": "cat", "function": "relu", "base_model_class": "Bert"},
    {"note": "{not a template}", "set": "{}", "text": "see __init__"},
)


def named(name: str, *texts: str) -> list[tuple[str, bytes]]:
    return [(name, text.encode()) for text in texts]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("config.json", tagged(value)) for value in (*KEYS, *BUILDING)),
        *(("config.json", tagged({"deep": [{"er": value}]})) for value in KEYS),
        *named("chat.jinja", *TEMPLATES, *REACHING),
        *(
            ("tokenizer_config.json", tagged({"chat_template": text}))
            for text in (*TEMPLATES, *REACHING)
        ),
        *named("notes.txt", *PYTHON, *SHELL, *OTHERS),
        *named("params.yaml", *YAML),
        *named("plot.svg", *(f"<svg>{text}</svg>" for text in SCRIPTS)),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, bytes) else None,
)
def test_a_file_with_one_sign_of_a_program_is_not_safe(name: str, content: bytes) -> None:
    verdict = judge(content, name)

    assert verdict.safety in ("unknown", "unsafe")
    assert verdict.reasons


@pytest.mark.parametrize("value", HARMLESS, ids=lambda value: ",".join(value)[:40])
def test_words_that_only_look_like_signs_are_harmless(value: dict[str, Any]) -> None:
    assert judge(tagged(value), "config.json").safety == "safe"


def odd_byte(value: int) -> bytes:
    """Numbers with a byte where a tar archive says how long its sum is."""
    numbers = np.zeros(1000, dtype=np.uint8)
    numbers[20] = value
    content = npy(numbers)
    assert content[148] == value
    return content


def in_binary(archive: bytes) -> bytes:
    """Spell the sum of the first block of a tar archive as GNU's tar spells large numbers."""
    total = int(archive[148:154], 8)
    return archive[:148] + b"\x80" + total.to_bytes(7) + archive[156:]


def numbers() -> bytes:
    """An Arrow file of two batches with 20 numbers of 8 bytes each."""
    content = io.BytesIO()
    rows = pa.table({"x": [1.5] * 40})
    with pa.ipc.new_file(content, rows.schema) as writer:
        writer.write_table(rows, 20)
    return content.getvalue()


def footer_of(content: bytes) -> int:
    return len(content) - 10 - struct.unpack("<i", content[-10:-6])[0]


def stuffed(content: bytes) -> bytes:
    """Put a program between the last message and the footer."""
    start = footer_of(content)
    return content[:start] + b"\x7fELF" * 16 + content[start:]


def told_twice(content: bytes) -> bytes:
    """Let the footer say that the second batch lies where the first one does."""
    size = struct.pack("<q", 160)
    blocks = [found for found in _places(content, size) if found > footer_of(content)]
    first, second = (slice(found - 16, found - 8) for found in blocks)
    return content[: second.start] + content[first] + content[second.stop :]


def endless(content: bytes) -> bytes:
    """Let a buffer of the first batch end after its message."""
    found = _places(content, struct.pack("<q", 160))[1]
    return content[:found] + struct.pack("<q", 1 << 40) + content[found + 8 :]


def _places(content: bytes, part: bytes) -> list[int]:
    return [at for at in range(len(content)) if content.startswith(part, at)]


@pytest.mark.parametrize("forge", [stuffed, told_twice, endless])
def test_an_arrow_file_that_is_not_what_it_tells_is_unknown(
    forge: Callable[[bytes], bytes],
) -> None:
    assert judge(numbers()).safety == "safe"

    assert judge(forge(numbers())).safety == "unknown"


def test_what_is_told_again_behind_a_column_is_the_same_or_the_file_is_unknown() -> None:
    content = of_polars(Random(1), in_parquet=True)
    facts = _footer(content)[0][4][0][1][0][3]
    end = min(place for place in (facts[9], facts.get(11)) if place) + facts[7]
    assert judge(content).safety == "safe"

    for place in range(end, end + 40):
        forged = content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :]
        assert judge(forged).safety == "unknown"


@pytest.mark.parametrize(
    "content",
    [
        b"{L\0\0\0\0\0\0\0\1a[$d#L\x7f" + b"\xff" * 7 + b"}",
        b"{L\0\0\0\0\0\0\0\1aSL" + b"\xff" * 8 + b"}",
        b"{L\0\0\0\0\0\0\0\1a[$d]}",
        b"{L\0\0\0\0\0\0\0\1a?}",
        b"{L\0\0\0\0\0\0\0\1a" + b"[" * 200 + b"]" * 200 + b"}",
        b"{L\0\0\0\0\0\0\0\1a[#" + b"SL",
    ],
)
def test_binary_json_that_does_not_hold_what_it_says_is_unknown(content: bytes) -> None:
    assert judge(content, "m.ubj").safety == "unknown"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.parquet", OLD.read_bytes()),
        ("notes.txt", b"Git v2.39.2 notes\n"),
        ("notes.txt", b"N.N.N. and so on\n"),
        ("t.csv", b"Gender.2024.1,b\n1,2\n"),
        ("t.csv", b"customer,age\nc1,2\n.5,1\n"),
        ("params.yaml", b"data: ${root}/train\nout: '${data.path}/${run.id}'\n"),
        *(("w.npy", odd_byte(value)) for value in (0x80, 0xFF)),
    ],
)
def test_what_only_begins_like_something_else_is_safe(name: str, content: bytes) -> None:
    assert judge(content, name).safety == "safe"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"N.N.cos\nsystem\n(S'true'\ntR."),
        ("notes.txt", b"S'posix'\np0\n.S'system'\np1\n.g0\ng1\nC\x01\xc2\x93."),
        ("params.yaml", b"a: ${x}\ntouch ${y}\n"),
        ("params.yaml", b"a: ${x:-$(id)}\n"),
        ("w.txt", in_binary(tarred(data=b"a"))),
    ],
)
def test_what_goes_on_as_something_else_is_not(name: str, content: bytes) -> None:
    assert judge(content, name).safety in ("unknown", "unsafe")
