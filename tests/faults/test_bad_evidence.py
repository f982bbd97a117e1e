"""Tables that cannot be scored, numbers that are none, groups that are missing."""

from collections.abc import Callable

import pytest

from cairn.core.errors import Inconclusive, Invalid, NotFound, Refused
from projects.desk import Desk

Rows = list[list[str]]
LABEL, REGION, SPEND = 1, 2, 4


def without(column: int) -> Callable[[Rows], Rows]:
    return lambda rows: [row[:column] + row[column + 1 :] for row in rows]


def with_cell(column: int, text: str) -> Callable[[Rows], Rows]:
    return lambda rows: [
        rows[0],
        [*rows[1][:column], text, *rows[1][column + 1 :]],
        *rows[2:],
    ]


TABLES: dict[str, tuple[Callable[[Rows], Rows], int, str]] = {
    "no label": (without(LABEL), NotFound.exit_code, "has no column 'churned'; its columns"),
    "no group": (without(REGION), NotFound.exit_code, "has no column 'region'; its columns"),
    "no id": (without(0), NotFound.exit_code, "has no column 'customer'; its columns"),
    "no feature": (without(SPEND), NotFound.exit_code, "has no column 'spend'"),
    "an empty label": (with_cell(LABEL, ""), Invalid.exit_code, "1 of 400 rows has no label"),
    "a third label": (with_cell(LABEL, "2"), Invalid.exit_code, "neither 0 nor 1"),
    "an id twice": (lambda rows: [*rows, rows[1]], Invalid.exit_code, "occurs more than once"),
    "no rows": (lambda rows: rows[:1], Invalid.exit_code, "has no rows"),
    "a missing number": (with_cell(SPEND, ""), Invalid.exit_code, "Input X contains NaN"),
    "NaN": (with_cell(SPEND, "nan"), Invalid.exit_code, "Input X contains NaN"),
    "infinity": (with_cell(SPEND, "inf"), Invalid.exit_code, "Input X contains infinity"),
    "a word": (with_cell(SPEND, "much"), Invalid.exit_code, "could not convert"),
    "a short row": (
        lambda rows: [*rows, ["x"]],
        Invalid.exit_code,
        "1 cell where the header",
    ),
}


@pytest.mark.parametrize("what", TABLES)
def test_a_table_that_cannot_be_scored_is_refused_with_what_is_wrong(
    desk: Desk, what: str
) -> None:
    change, code, says = TABLES[what]
    lines = (desk.folder / "data" / "test.csv").read_text().splitlines()
    rows = change([line.split(",") for line in lines])
    desk.write("data/odd.csv", "\n".join(map(",".join, rows)) + "\n")
    frozen = 3 if what == "a short row" else 0  # as bytes, since it is not a table
    desk("snapshot", "add", "data/odd.csv", "--name", "odd", expect=frozen)

    with desk.nothing_recorded():
        text = desk.fails("evaluate", "churn:1", "--on", "snap:odd", code=code, says=says)
        desk.fails("compare", "churn:1", "churn:2", "--on", "snap:odd", code=code, says=says)

    assert text.startswith("cairn: churn:1 on odd cannot be evaluated: ")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_score_that_is_no_number_is_refused(desk: Desk, value: str) -> None:
    desk.write(
        "scorer.py", f"def score(model, rows):\n    return [float('{value}')] * len(rows)\n"
    )
    settings = (desk.folder / "cairn.toml").read_text()
    desk.write("cairn.toml", f'{settings}\nscore = "scorer:score"\n')

    with desk.nothing_recorded():
        text = desk("evaluate", "churn:1", "--on", "snap:test", expect=Invalid.exit_code)

    assert text.count("\n") == 1
    assert "score" in text


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            "def score(model, rows):\n    1 / 0\n",
            "failed: ZeroDivisionError: division by zero",
        ),
        ("def score(model, rows):\n    return [0.5]\n", "scorer:score gave|rows"),
        ("def score(:\n", "cannot be run|SyntaxError"),
        ("def other(model, rows): ...\n", "has no function score"),
    ],
)
def test_a_scoring_function_that_is_broken_is_named(
    desk: Desk, source: str, says: str
) -> None:
    desk.write("scorer.py", source)
    settings = (desk.folder / "cairn.toml").read_text()
    desk.write("cairn.toml", f'{settings}\nscore = "scorer:score"\n')

    with desk.nothing_recorded():
        desk.fails(
            "evaluate", "churn:1", "--on", "snap:test", code=Invalid.exit_code, says=says
        )


def gate(desk: Desk, *checks: str) -> None:
    """Bind a policy with these checks to production."""
    lines = [f"  - {{id: c{number}, {check}}}" for number, check in enumerate(checks)]
    head = "cairn: policy/1\nevaluation: snap:test\nbootstrap: floors_only\nchecks:\n"
    desk.write("gates/strict.yaml", head + "\n".join(lines) + "\n")
    desk("gate", "set", "churn@production", "gates/strict.yaml")


def test_groups_too_small_to_judge_decide_nothing(desk: Desk) -> None:
    desk("promote", "churn:1")
    groups = "type: no_subgroup_regression, by: [region], metric: recall, min_rows: 500"
    gate(desk, groups, "type: floor, metric: roc_auc, value: 0.5")

    text = desk("promote", "churn:2", expect=Inconclusive.exit_code)

    assert "What to do:" in text
    assert desk.json("show", "churn@production")["number"] == 1
    assert desk.json("ledger", "log")[-1]["action"] == "label.refuse"


def test_data_without_the_groups_that_the_gate_asks_for_is_refused_on_record(
    desk: Desk,
) -> None:
    gate(
        desk,
        "type: no_subgroup_regression, by: [region], metric: recall",
        "type: floor, metric: roc_auc, value: 0.5",
    )
    lines = (desk.folder / "data" / "test.csv").read_text().splitlines()
    rows = without(REGION)([line.split(",") for line in lines])
    desk.write("data/test.csv", "\n".join(map(",".join, rows)) + "\n")
    desk("snapshot", "add", "data/test.csv", "--name", "test")
    desk("gate", "set", "churn@production", "gates/strict.yaml")

    done = desk.run("python", "-m", "cairn", "promote", "churn:1")

    assert done.returncode in (Refused.exit_code, Inconclusive.exit_code, NotFound.exit_code)
    assert "region" in done.stderr
    assert "Traceback" not in done.stderr
    assert desk.json("list")[1]["labels"] == []


def test_damaged_predictions_stop_the_gate(desk: Desk) -> None:
    entries = desk.json("ledger", "log", "--action", "evaluation.record")
    evaluation = desk.object(entries[0]["after"]["digest"]).decode()
    predictions = evaluation.partition('"predictions":"')[2][:71]
    desk.damage(predictions)

    done = desk.run("python", "-m", "cairn", "promote", "churn:1")

    assert done.returncode == 9
    assert predictions in done.stderr
    assert desk.json("list")[1]["labels"] == []
