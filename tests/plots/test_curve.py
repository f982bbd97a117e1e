"""Curves lie where their points are, and intervals where their bounds are."""

from xml.etree import ElementTree as ET

import pytest

from cairn.plots import curve, interval, svg
from cairn.plots.curve import Curve
from cairn.plots.interval import Interval, Limit

SVG = "{http://www.w3.org/2000/svg}"


def lines(drawn: str, colour: str) -> list[list[tuple[float, float]]]:
    """The points of each line of a colour."""
    return [
        [
            (float(x), float(y))
            for x, _, y in (p.partition(",") for p in e.attrib["points"].split())
        ]
        for e in ET.fromstring(drawn).iter(SVG + "polyline")
        if e.attrib["stroke"] == colour
    ]


def words(drawn: str) -> list[str | None]:
    return [e.text for e in ET.fromstring(drawn).iter(SVG + "text")]


def test_a_curve_goes_from_corner_to_corner_with_up_upwards():
    one = Curve("<churn:2>", [(0, 0), (0.5, 1), (1, 1)], "#123456")

    drawn = curve.draw([one], title="t", across="x", up="y")

    ((start, middle, end),) = lines(drawn, "#123456")
    assert end[0] - start[0] == pytest.approx(curve.SIDE)
    assert start[1] - end[1] == pytest.approx(curve.SIDE)
    assert middle == (start[0] + curve.SIDE / 2, end[1])
    assert "<churn:2>" in words(drawn)


def test_bounds_are_whiskers_at_their_points():
    one = Curve("a", [(0.2, 0.5), (0.8, 0.6)], "#123456", [(0.4, 0.7), (0.6, 0.6)])

    drawn = curve.draw([one], title="t", across="x", up="y")

    _, first, second = lines(drawn, "#123456")
    assert first[0][1] - first[1][1] == pytest.approx(0.3 * curve.SIDE)
    assert second[0] == second[1]


@pytest.mark.parametrize(("allowed", "starts"), [("right", "limit"), ("left", "edge")])
def test_an_interval_lies_on_its_side_of_the_limit(allowed: interval.Side, starts: str):
    one = Interval("north", 0.03, 0.01, 0.05, "#123456")
    limit = Limit(-0.02, "worse by 0.02", allowed)

    drawn = interval.draw([one], limit, title="t", zero=0.0)

    (low, high), *_ = lines(drawn, "#123456")
    ((at, _), _) = lines(drawn, svg.INK)[-1]
    ((zero, _), _) = lines(drawn, svg.BEFORE)[0]
    assert at < zero < low[0] < high[0]
    assert (zero - at) / (high[0] - low[0]) == pytest.approx(0.5, abs=0.01)
    tinted = next(
        e for e in ET.fromstring(drawn).iter(SVG + "rect") if e.get("fill-opacity") == "0.12"
    )
    assert (float(tinted.attrib["x"]) == at) == (starts == "limit")


@pytest.mark.parametrize("value", [0.0, 5.0, 1e-9, -3e7])
def test_an_interval_without_width_or_bounds_is_still_drawn(value: float):
    one = Interval("", value, None, value, "#123456")

    drawn = interval.draw([one], None, title="t")

    (low, high), *_ = lines(drawn, "#123456")
    assert low[0] < high[0] < interval.WIDTH
