"""Pictures are well-formed, stand alone, and show nothing but what they were given."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.plots import shares, svg
from cairn.plots.shares import Panel

PANEL = Panel("dep_delay", "PSI 0.31", ("up to 1", "above 1"), (0.5, 0.5), (0.2, 0.8), True)
NUMBER = st.floats(-1e9, 1e9, allow_nan=False, allow_subnormal=False)


def elements(drawn: str, name: str) -> list[ET.Element]:
    return list(ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}" + name))


def test_a_picture_is_well_formed_and_refers_to_nothing_else():
    drawn = shares.draw([PANEL], title="January & February", before="jan", after="feb")

    assert ET.fromstring(drawn).attrib["viewBox"].startswith("0 0 ")
    assert "href" not in drawn
    assert drawn.count("http") == 1


def test_the_height_of_a_bar_is_its_share():
    drawn = shares.draw([PANEL], title="t", before="a", after="b")

    heights = [
        float(bar.attrib["height"])
        for bar in elements(drawn, "rect")
        if bar.attrib.get("fill") == svg.AFTER and float(bar.attrib["width"]) > 10
    ]
    assert heights == pytest.approx([21.0, 84.0])


@given(st.text(max_size=40))
def test_a_name_of_any_letters_is_only_text(name: str):
    printable = "".join(letter for letter in name if letter.isprintable())

    drawn = shares.draw(
        [PANEL._replace(name=printable)], title=printable, before="<a>", after='"&'
    )

    assert len(elements(drawn, "script")) == 0
    assert "<a>" in [element.text for element in elements(drawn, "text")]


def test_a_column_of_many_bins_names_the_first_and_the_last():
    bins = tuple(f"bin {number}" for number in range(12))
    panel = Panel("wide", "", bins, (1 / 12,) * 12, (1 / 12,) * 12, False)

    words = [
        e.text
        for e in elements(shares.draw([panel], title="t", before="a", after="b"), "text")
    ]

    assert [word for word in words if word and word.startswith("bin")] == ["bin 0", "bin 11"]


@given(NUMBER, NUMBER)
def test_ticks_are_few_round_numbers_within_the_range(one: float, other: float):
    low, high = sorted((one, other))

    found = svg.ticks(low, high)

    assert 1 <= len(found) <= 12
    assert all(
        low - 1e-6 * abs(low) <= tick <= high + 1e-6 * abs(high) for tick in found[1:-1]
    )
    assert found == sorted(found)


def test_ticks_of_a_share_are_its_tenths_or_fifths():
    assert svg.ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert svg.decimals(svg.ticks(0, 1)) == 1


@pytest.mark.parametrize(
    ("words", "shown"), [("north", "north"), ("northern", "north"), ("northe", "north")]
)
def test_words_are_cut_to_the_letters_that_fit(words: str, shown: str):
    found = svg.shortened(words, letters=5)

    assert found == (shown if words == shown else f"{shown[:4]}…")
    assert len(found) == 5
