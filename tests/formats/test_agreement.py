"""Two readers, written apart from one specification, accept and refuse the same records."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cairn.core.digest import canonical, from_canonical
from cairn.core.errors import Corrupt
from cairn.core.request import Record
from formats import canonical_reader, reader
from formats.agreement import accepts, agree, edited
from formats.golden_files import RECORDS, Golden, golden, one
from formats.kinds import KINDS
from formats.shapes import Fields, Wrong

Path = tuple[str | int, ...]
REPLACEMENTS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 2.5, 0.5, 0.95, 99, 1e16, 1e300, -1e-7),
    *("", "x", "x\n", "@x", "pass", "complete", "a/b", "A", "\u0661", "f1@0.5"),
    *("sha256:" + "0" * 64, "sha256:" + "0" * 64 + "\n", "sha256:" + "F" * 64, "0" * 40),
    *("x" * 2000, "\u00e9" * 2001, [], [1], ["x"], ["x", "y"], [["x", "y"]], {}, {"a": 1}),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Anything(Record, frozen=True):
    """Any JSON value in a record, to read it by Cairn's rules."""

    value: Any


def defaults() -> dict[str, set[Any]]:
    """The defaults of all fields of a name: written out, they are refused."""
    found: dict[str, set[Any]] = {}
    kinds = list(Record.__subclasses__())
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        for field in msgspec.structs.fields(kind):
            if isinstance(field.default, str | int | float):
                found.setdefault(field.encode_name, set()).add(field.default)
    return found


DEFAULTS = defaults()


def at(value: Any, path: Path) -> Any:
    """What is at a place."""
    for step in path:
        value = value[step]
    return value


def replacements(path: Path, old: Any) -> Iterator[Any]:
    """What to put at a place instead of `old`; `...` takes it away."""
    yield from REPLACEMENTS
    if isinstance(old, str):
        yield from (old[:-1], old + "0", old + "\n", " " + old, old.upper())
    if path:
        yield ...
        yield from DEFAULTS.get(str(path[-1]), ())


def content_of(file: Golden) -> bytes:
    return file.content


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a JSON value; of a list of words the first stands for all."""
    yield path
    if isinstance(value, dict):
        for name, child in value.items():
            yield from places(child, (*path, name))
    if isinstance(value, list):
        for number, child in enumerate(value):
            if number == 0 or isinstance(child, dict):
                yield from places(child, (*path, number))


def changed(value: Any, path: Path, replacement: Any) -> Any:
    """Copy a JSON value with another one at `path`; `...` takes it out."""
    if not path:
        return replacement
    result = copy.copy(value)
    if replacement is ... and len(path) == 1:
        del result[path[0]]
    else:
        result[path[0]] = changed(value[path[0]], path[1:], replacement)
    return result


LARGEST = {
    **{kind: max(map(content_of, golden(kind)), key=len) for kind in RECORDS},
    "entry": one("ledger/00000000.jsonl").splitlines()[2],
}
EVERY = pytest.mark.parametrize("kind", LARGEST)


@EVERY
def test_both_refuse_the_same_records(kind: str) -> None:
    value = json.loads(LARGEST[kind])
    refused = 0

    for path in places(value):
        for replacement in replacements(path, at(value, path)):
            spelled = canonical_reader.spell(changed(value, path, replacement))
            refused += not agree(kind, spelled.encode())

    assert refused > len(REPLACEMENTS)


@EVERY
def test_both_refuse_a_field_that_nobody_knows(kind: str) -> None:
    value = json.loads(LARGEST[kind])

    for path in places(value):
        here = at(value, path)
        if isinstance(here, dict):
            more = changed(value, path, {**here, "later": 1})
            agree(kind, canonical_reader.spell(more).encode())

    assert not agree(kind, canonical_reader.spell({**value, "later": 1}).encode())


@pytest.mark.parametrize("kind", RECORDS)
def test_both_know_the_same_fields(kind: str) -> None:
    described = KINDS[kind]

    assert isinstance(described, Fields)
    assert set(described.fields) == set(RECORDS[kind].__struct_fields__)


@given(JSON)
@example([1e16, -1e20, 9007199254740991, 5e-324, -0.0, "\U0001f602\ufb33"])
def test_both_spell_a_value_alike(value: object) -> None:
    written = canonical(value)

    assert canonical_reader.spell(value).encode() == written
    assert canonical(canonical_reader.parse(written)) == written


@given(JSON)
def test_what_is_written_is_read_back(value: object) -> None:
    record = Anything(value=value)

    assert from_canonical(canonical(record), Anything) == record


@given(JSON, st.data())
def test_both_refuse_the_same_json(value: object, data: st.DataObject) -> None:
    content = edited(canonical(value), data)

    def by_cairn() -> object:
        return from_canonical(b'{"value":' + content + b"}", Anything)

    assume(b'"value":' not in content)
    assert accepts(by_cairn, Corrupt) == accepts(
        lambda: canonical_reader.parse(content), Wrong
    )


@pytest.mark.parametrize(
    "content",
    [
        b'{"value":1,"value":1}',
        b'{"value":[1, 2]}',
        b'{"value":1}\n',
        b'\xef\xbb\xbf{"value":1}',
        '{"value":1}'.encode("utf-16"),
        b'{"value":1.0}',
        b'{"value":-0}',
        b'{"value":01}',
        b'{"value":1E5}',
        b'{"value":1e400}',
        b'{"value":9007199254740993}',
        b'{"value":' + b"9" * 5000 + b"}",
        b'{"value":NaN}',
        b'{"value":"\\u0041"}',
        b'{"value":"\\/"}',
        b'{"value":"\\ud800"}',
        b'{"value":"\xed\xa0\x80"}',
        b'{"value":"\xff"}',
        b'{"value":"' + b"\x00" + b'"}',
        b'{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[1]",
        b"1",
        b"",
    ],
    ids=lambda content: repr(content[:24]),
)
def test_a_second_spelling_is_refused(content: bytes) -> None:
    with pytest.raises(Corrupt):
        from_canonical(content, Anything)
    with pytest.raises(Wrong):
        reader.read_record(content)
