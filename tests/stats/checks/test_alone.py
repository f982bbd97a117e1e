"""Rows whose ids repeat a customer are not taken for independent without being asked about."""

import numpy as np
import pytest

from cairn.core.check import Floor
from cairn.core.gate import Finding
from cairn.stats.checks import judge
from cairn.stats.predictions import Predictions
from cairn.stats.repeats import repeated
from cairn.stats.tabulate import tabulate
from scores.scored import evidence

FLOOR = Floor(id="floor", metric="accuracy", value=0.6)
DATED = [f"c{row // 4}-2026-03-{1 + row % 4:02d}" for row in range(400)]


def judged(ids: list[str], *, unit: list[str] | None = None) -> Finding:
    label = np.arange(len(ids)) % 2
    rows: Predictions = tabulate(ids, label, score=np.where(label == 1, 0.9, 0.1), unit=unit)
    return judge(FLOOR, evidence(rows, None))


def test_ids_of_a_customer_and_a_date_ask_for_the_unit() -> None:
    finding = judged(DATED)

    assert (finding.outcome, finding.code) == ("inconclusive", "unit-unknown")
    assert "'c0' comes in 4 rows" in finding.reason
    assert 'unit = "customer"' in finding.fix


def test_with_a_unit_or_ids_that_name_nothing_twice_the_rows_are_judged() -> None:
    assert judged(DATED, unit=[one.partition("-")[0] for one in DATED]).code == "reached"
    assert judged(DATED, unit=DATED).code == "reached"
    assert judged([f"c{row}-2026-03-01" for row in range(400)]).code == "reached"
    assert judged([f"c2-{row}" for row in range(400)]).code == "reached"


@pytest.mark.parametrize(
    "ids",
    [
        ["a_20260301", "a_20260302"],
        ["a/2026-03", "a/2026-04"],
        ["a:2026-03-01T10:00", "a:2026-03-01T11:00"],
    ],
)
def test_dates_are_known_as_people_write_them(ids: list[str]) -> None:
    assert repeated(ids) == ("a", 2)


@pytest.mark.parametrize("ids", [[], ["a-1", "a-2"], ["a-2026-03-01", "b"], ["2026-03-01"]])
def test_other_ids_say_nothing(ids: list[str]) -> None:
    assert repeated(ids) is None
