"""Canonical JSON is what the package `rfc8785` writes, to the byte, with the same refusals."""

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from cairn.core.canonical import spelled

TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
@example({"\U00010000": 1, "\uffff": 2, "a": 3})
@example(["".join(map(chr, range(0x100))), "\u2028\u2029", [], {}, ()])
@example({1: 2})
@example({"a": 1, None: 2})
@example([1.0, -0.0, 1e21, 1e-7, 2**53 - 1, 2**53, "\ud800", {"\ud800": 1}])
def test_every_value_is_spelled_as_the_reference_spells_it(value: Any) -> None:
    assert _end(spelled, value) == _end(rfc8785.dumps, value)


def _end(spell: Any, value: Any) -> Any:
    try:
        return spell(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        return type(error), str(error)


def test_what_is_not_a_plain_value_is_refused() -> None:
    with pytest.raises(rfc8785.CanonicalizationError, match="unsupported type"):
        spelled({"a": [b"bytes"]})
