"""Canonical bytes: equal values have one spelling, and what has another is refused."""

import hashlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.digest import (
    canonical,
    digest_bytes,
    digest_of,
    from_canonical,
)
from cairn.core.errors import Corrupt, Invalid
from cairn.core.request import Record
from cairn.core.snapshot import Derived, Files, Snapshot

X = digest_bytes(b"x")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
NUMBERS = st.integers(1 - 2**53, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)


class Sample(Record, frozen=True):
    """A record of each kind of field."""

    name: str
    numbers: tuple[float, ...] = ()
    notes: dict[str, str | int | bool | None] = {}
    inner: Files | None = None


SAMPLES = st.builds(
    Sample,
    name=TEXTS,
    numbers=st.lists(NUMBERS, max_size=4).map(tuple),
    notes=st.dictionaries(TEXTS, TEXTS | st.integers(-99, 99) | st.none(), max_size=4),
    inner=st.none() | st.just(Files(tree=X)),
)


def test_the_example_of_rfc_8785_is_spelled_as_there() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }

    assert canonical(value).decode() == (
        '{"literals":[null,true,false],'
        '"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_names_are_sorted_by_utf_16_as_in_rfc_8785() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]

    spelled = canonical(dict.fromkeys(names, 0))

    assert list(json.loads(spelled)) == [
        *("\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33")
    ]


@given(SAMPLES)
def test_a_record_is_read_back_from_its_canonical_bytes(record: Sample) -> None:
    content = canonical(record)

    assert from_canonical(content, Sample) == record
    assert digest_of(record) == "sha256:" + hashlib.sha256(content).hexdigest()


@given(SAMPLES)
def test_the_order_of_a_mapping_does_not_matter(record: Sample) -> None:
    turned = Sample(
        name=record.name,
        numbers=record.numbers,
        notes=dict(reversed(record.notes.items())),
        inner=record.inner,
    )

    assert digest_of(turned) == digest_of(record)


@given(SAMPLES, SAMPLES)
def test_different_records_have_different_digests(one: Sample, other: Sample) -> None:
    assert (
        (one == other)
        == (canonical(one) == canonical(other))
        == (digest_of(one) == digest_of(other))
    )


def test_defaults_are_left_out_so_that_fields_can_be_added_later() -> None:
    assert canonical(Sample(name="a")) == b'{"name":"a"}'


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 2**53 + 1, -(2**60), "\ud800"]
)
def test_what_other_readers_would_read_otherwise_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="this cannot be recorded"):
        canonical({"value": value})


@pytest.mark.parametrize(
    "content",
    [
        b' {"name":"a"}',
        b'{"name":"a"}\n',
        b'{"name": "a"}',
        b'{"name":"\\u0061"}',
        b'{"name":"a","name":"a"}',
        b'{"name":"a","numbers":[]}',
        b'{"name":"a","inner":null}',
        b'{"name":"a","numbers":[1.0]}',
        b'{"name":"a","numbers":[1e0]}',
        b'{"name":"a","numbers":[-0]}',
        b'{"numbers":[1],"name":"a"}',
        b'{"name":"a","later":1}',
        b'{"name":1}',
        b'{"name":"a","numbers":[NaN]}',
        b'{"name":"a","numbers":[1e999]}',
        b'{"name":"\xff"}',
        b'\xef\xbb\xbf{"name":"a"}',
        b'["a"]',
        b"null",
        b"",
        b"{" * 100_000,
    ],
    ids=lambda content: content[:40],
)
def test_any_other_bytes_are_corrupt(content: bytes) -> None:
    with pytest.raises(
        Corrupt, match=r"stored sample (cannot be read|is not in canonical form)"
    ):
        from_canonical(content, Sample)


@given(SAMPLES, st.data())
def test_changed_bytes_are_corrupt_or_another_record(
    record: Sample, data: st.DataObject
) -> None:
    content = canonical(record)
    at = data.draw(st.integers(0, len(content) - 1))
    changed = content[:at] + data.draw(st.binary(max_size=2)) + content[at + 1 :]

    try:
        read = from_canonical(changed, Sample)
    except Corrupt:
        return
    assert canonical(read) == changed
    assert (read == record) == (changed == content)


def test_a_record_of_one_kind_is_not_read_as_another() -> None:
    files = Snapshot(source=Files(tree=X))
    derived = Snapshot(source=Derived(tree=X, by="split"))

    assert digest_of(files) != digest_of(derived)
    with pytest.raises(Corrupt, match="stored sample cannot be read"):
        from_canonical(canonical(files), Sample)


def test_a_field_of_the_wrong_type_is_never_written() -> None:
    with pytest.raises(Invalid):
        canonical(Sample(name=1))  # pyright: ignore[reportArgumentType] (a wrong type on purpose)
