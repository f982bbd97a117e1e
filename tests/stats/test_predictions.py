"""The stored bytes of predictions: one spelling for equal rows, and nothing else is read."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import Corrupt, Invalid
from cairn.stats.predictions import Grouping, Predictions, decode, encode
from cairn.stats.tabulate import tabulate

GOLDEN = (
    b"cairn predictions/1\n"
    b'{"columns":[{"name":"id","type":"text"},{"name":"label","type":"float64"},'
    b'{"name":"score","type":"float64"},{"name":"weight","type":"float64"},'
    b'{"levels":["AA","\xc3\x9c"],"name":"group:carrier","type":"category"}],"rows":2}\n'
    + struct.pack("<2I", 1, 2)
    + b"a\xc3\xa9"
    + struct.pack("<2d", 1, 0)
    + struct.pack("<2d", 0.75, 0.5)
    + struct.pack("<2d", 2, 1)
    + struct.pack("<2I", 1, 0)
)

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def tables(draw: st.DrawFn) -> Predictions:
    ids = draw(st.lists(texts, min_size=1, max_size=8, unique=True))
    rows = len(ids)
    column = st.lists(finite, min_size=rows, max_size=rows)
    names = draw(st.lists(texts, max_size=2, unique=True))
    return tabulate(
        ids,
        draw(column),
        score=draw(column),
        groups={name: draw(st.lists(texts, min_size=rows, max_size=rows)) for name in names},
        weight=draw(st.none() | column.map(np.abs)),
    )


def table(rows: int = 3) -> Predictions:
    return tabulate(
        [f"r{row}" for row in range(rows)],
        [row % 2 for row in range(rows)],
        score=[row / rows for row in range(rows)],
        groups={"region": [f"g{row % 2}" for row in range(rows)], "size": ["s"] * rows},
    )


def test_two_rows_are_written_as_the_format_says() -> None:
    predictions = tabulate(
        ["é", "a"],
        [False, True],
        score=[0.5, 0.75],
        groups={"carrier": ["AA", "Ü"]},
        weight=[1, 2],
    )

    assert encode(predictions) == GOLDEN


@given(tables())
def test_what_is_written_is_read_back(predictions: Predictions) -> None:
    content = encode(predictions)

    found = decode(content)

    assert encode(found) == content
    assert found.ids == predictions.ids
    assert found.label.tolist() == predictions.label.tolist()
    assert found.score.tolist() == predictions.score.tolist()
    assert {name: grouping.values() for name, grouping in found.groups.items()} == {
        name: grouping.values() for name, grouping in predictions.groups.items()
    }
    assert (found.weight is None) == (predictions.weight is None)


@given(tables())
def test_rows_lie_in_the_order_of_their_utf8_bytes(predictions: Predictions) -> None:
    encoded = [id_.encode() for id_ in decode(encode(predictions)).ids]

    assert encoded == sorted(encoded)


@given(tables(), st.data())
def test_any_other_byte_is_another_table_or_corrupt(
    predictions: Predictions, data: st.DataObject
) -> None:
    content = bytearray(encode(predictions))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    try:
        found = decode(bytes(content))
    except Corrupt:
        return
    assert encode(found) == content


@given(tables(), st.data())
def test_bytes_that_end_early_or_late_are_corrupt(
    predictions: Predictions, data: st.DataObject
) -> None:
    content = encode(predictions)
    end = data.draw(st.integers(0, len(content) - 1))

    with pytest.raises(Corrupt):
        decode(content[:end])
    with pytest.raises(Corrupt, match="1 bytes too many"):
        decode(content + b"\0")


def headed(change: Callable[[dict[str, object]], object], *, spaced: bool = False) -> bytes:
    """The golden bytes with another header."""
    magic, header, body = GOLDEN.split(b"\n", 2)
    value = json.loads(header)
    change(value)
    separators = (", ", ": ") if spaced else (",", ":")
    line = json.dumps(value, separators=separators, ensure_ascii=False, sort_keys=True)
    return b"\n".join([magic, line.encode(), body])


def columns(value: dict[str, object]) -> list[dict[str, object]]:
    found = value["columns"]
    assert isinstance(found, list)
    return found


FORGED: dict[str, bytes] = {
    "another version": GOLDEN.replace(b"predictions/1", b"predictions/2"),
    "no header line": b"cairn predictions/1\n",
    "not JSON": b"cairn predictions/1\n{\n",
    "a header with spaces": headed(lambda value: None, spaced=True),
    "an unknown field": headed(lambda value: value.update(note="hello")),
    "an unknown column": headed(lambda value: columns(value)[4].update(name="colour")),
    "a column twice": headed(lambda value: columns(value)[2].update(name="label")),
    "columns in another order": headed(lambda value: columns(value).reverse()),
    "a score that is text": headed(lambda value: columns(value)[2].update(type="text")),
    "levels on a number": headed(lambda value: columns(value)[2].update(levels=["x"])),
    "levels out of order": headed(lambda value: columns(value)[4].update(levels=["Ü", "AA"])),
    "a level that no row has": headed(
        lambda value: columns(value)[4].update(levels=["AA", "Ü", "Ý"])
    ),
    "a row without its level": headed(lambda value: columns(value)[4].update(levels=["AA"])),
    "no columns": headed(lambda value: value.update(columns=[])),
    "no rows": headed(lambda value: value.update(rows=0)),
    "negative rows": headed(lambda value: value.update(rows=-1)),
    "more rows than bytes": headed(lambda value: value.update(rows=2**52)),
    "rows that are true": headed(lambda value: value.update(rows=True)),
    "ids out of order": GOLDEN.replace(b"a\xc3\xa9", b"z\xc3\xa9").replace(b"\xc3\xa9", b"bb"),
    "ids that are not UTF-8": GOLDEN.replace(b"a\xc3\xa9", b"a\xff\xff"),
    "an id cut inside a letter": GOLDEN.replace(
        struct.pack("<2I", 1, 2) + b"a", struct.pack("<2I", 2, 1) + b"a"
    ),
    "a label that is not a number": GOLDEN.replace(
        struct.pack("<2d", 1, 0), struct.pack("<2d", float("nan"), 0)
    ),
    "an infinite score": GOLDEN.replace(
        struct.pack("<2d", 0.75, 0.5), struct.pack("<2d", float("inf"), 0.5)
    ),
    "a zero with a sign": GOLDEN.replace(
        struct.pack("<2d", 1, 0), struct.pack("<2d", 1, -0.0)
    ),
    "a negative weight": GOLDEN.replace(struct.pack("<2d", 2, 1), struct.pack("<2d", -2, 1)),
}


@pytest.mark.parametrize("what", FORGED)
def test_anything_but_the_one_spelling_is_corrupt(what: str) -> None:
    assert FORGED[what] != GOLDEN

    with pytest.raises(Corrupt, match="predictions"):
        decode(FORGED[what])


def test_two_ids_that_are_equal_are_corrupt() -> None:
    content = encode(table(2)).replace(b"r0r1", b"r1r1")

    with pytest.raises(Corrupt, match="not sorted, or one occurs twice"):
        decode(content)


def test_rows_built_by_hand_out_of_order_are_not_written() -> None:
    good = table()

    with pytest.raises(Invalid, match="ids are not sorted"):
        encode(replace(good, ids=("r2", "r1", "r0")))
    with pytest.raises(Invalid, match="column 'score' has 2 values for 3 rows"):
        encode(replace(good, score=good.score[:2]))
    with pytest.raises(Invalid, match="column 'label' of row 'r1' is nan"):
        encode(replace(good, label=np.array([0, np.nan, np.nan])))
    short = Grouping(codes=np.array([0, 1], dtype=np.uint32), levels=("a", "b"))
    with pytest.raises(Invalid, match="group 'region' has 2 values for 3 rows"):
        encode(replace(good, groups={"region": short}))


def test_a_grouping_counts_and_marks_its_rows() -> None:
    region = table(5).groups["region"]

    assert region.sizes() == {"g0": 3, "g1": 2}
    assert region.rows("g1").tolist() == [False, True, False, True, False]
    assert region.rows("g0", "g1").all()
    assert not region.rows("elsewhere").any()
