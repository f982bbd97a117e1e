"""A decision as a page: everything that was decided is on it, and nothing of it is alive."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from msgspec.structs import replace as changed

from cairn.core.check import Check, Floor, NonInferiority, NoSubgroupRegression, Superiority
from cairn.core.errors import Unavailable
from cairn.core.gate import Decision, DecisionInfo, Finding, Policy, verdict
from cairn.gates.page.limits import limit_of
from cairn.gates.page.sheet import Judged, page, write
from cairn.plots.interval import Limit
from cairn.stats.agreement import confusion
from cairn.stats.align import sample
from cairn.stats.checks import judge_all
from cairn.stats.predictions import Predictions
from cairn.stats.tabulate import tabulate, tabulate_classes
from scores.scored import SNAPSHOT, decided, evidence, spread

CANDIDATE, LIVE = "sha256:" + "a" * 64, "sha256:" + "c" * 64
NAMES = {CANDIDATE: "churn:2", LIVE: "churn:1"}
HOSTILE = '"><script>alert(1)</script><img src="http://evil/x">&\x1b[31m'
CHECKS: tuple[Check, ...] = (
    Superiority(id="better", metric="roc_auc"),
    NonInferiority(id="not-worse", metric="log_loss", margin=0.01),
    Floor(id="floor", metric="recall", value=0.5),
    NoSubgroupRegression(id="groups", by=("region",), metric="accuracy", min_rows=50),
)


def decided_on(
    candidate: Predictions, live: Predictions | None, *, checks: tuple[Check, ...] = CHECKS
) -> DecisionInfo:
    """A decision on these rows."""
    policy = Policy(evaluation=SNAPSHOT, checks=checks, bootstrap="floors_only")
    findings = judge_all(
        policy, replace(evidence(candidate, live), bootstrap="floors_only", gaps=())
    )
    decision = Decision(
        model="default/churn",
        label="production",
        candidate=CANDIDATE,
        policy="sha256:" + "b" * 64,
        snapshot=SNAPSHOT,
        verdict=verdict(findings),
        findings=findings,
        live=LIVE if live else None,
        look=3,
    )
    return DecisionInfo(
        digest="sha256:" + "d" * 64,
        decision=decision,
        decided_by="ann",
        decided_at="2026-01-01T00:00:00Z",
    )


def rows(*, skill: float, noise: int = 1, count: int = 800) -> Predictions:
    return spread(count, skill=skill, seed=7, noise=noise, groups=3)


CANDIDATE_ROWS, LIVE_ROWS = rows(skill=1.0), rows(skill=0.6, noise=2)
DECIDED = decided_on(CANDIDATE_ROWS, LIVE_ROWS)
PAGE = page(DECIDED, Judged(NAMES, CANDIDATE_ROWS, LIVE_ROWS))


def parsed(content: str) -> ET.Element:
    return ET.fromstring(content)


def texts(content: str) -> str:
    return " ".join(" ".join(parsed(content).itertext()).split())


def values(content: str) -> set[str]:
    return {element.attrib["value"] for element in parsed(content).iter("data")}


def test_a_page_is_well_formed_and_neither_runs_nor_loads_anything() -> None:
    tags = {element.tag.rpartition("}")[2] for element in parsed(PAGE).iter()}

    assert not tags & {"script", "link", "img", "iframe", "object", "base", "form"}
    without_namespace = PAGE.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http" not in without_namespace.replace("<meta http-equiv=", "")
    assert "url(" not in PAGE
    assert "@import" not in PAGE
    assert all(
        value.startswith("#")
        for element in parsed(PAGE).iter()
        for name, value in element.attrib.items()
        if name in ("href", "src") or name.startswith("on")
    )


def test_the_browser_is_told_to_run_and_load_nothing() -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', PAGE)
    assert policy.startswith("default-src 'none'; ")
    assert "script" not in policy
    assert PAGE.index("Content-Security-Policy") < PAGE.index("<title>")


def test_the_verdict_comes_first_and_what_to_do_before_the_checks() -> None:
    worse = decided_on(LIVE_ROWS, CANDIDATE_ROWS)

    said = texts(page(worse, Judged(NAMES, LIVE_ROWS, CANDIDATE_ROWS)))

    order = [
        "The candidate is refused by the gate of production.",
        "failed (better",
        "churn:2 for churn@production, compared with churn:1",
        "What to do next",
        "train a better candidate",
        "Checks",
        "What was judged",
    ]
    places = [said.index(words) for words in order]
    assert places == sorted(places)


def test_every_number_of_the_decision_is_on_the_page_with_all_its_digits() -> None:
    shown = values(PAGE)

    fields = (
        *("observed", "baseline", "difference", "lower", "upper", "p", "p_adjusted"),
        *("threshold", "rows", "discordant", "detectable"),
    )
    for finding in DECIDED.decision.findings:
        missing = [f for f in fields if not _on(getattr(finding, f), shown)]
        assert not missing, finding.check
        for group in finding.groups:
            assert all(_on(getattr(group, f, None), shown) for f in fields), group.group
        assert set(finding.flipped) <= set(texts(PAGE).replace(",", "").split())
    assert DECIDED.decision.findings[-2].groups


def _on(value: float | None, shown: set[str]) -> bool:
    return value is None or repr(value) in shown


def test_looks_and_what_is_left_of_the_error_are_told() -> None:
    finding = changed(
        DECIDED.decision.findings[0],
        look=4,
        alpha=0.0019,
        alpha_left=0.0135,
        rows_needed=98_765,
    )
    info = changed(DECIDED, decision=changed(DECIDED.decision, findings=(finding,)))

    shown = values(page(info, Judged(NAMES)))

    assert {"4", "0.0019", "0.0135", "98765"} <= shown


def test_names_that_came_with_the_data_are_only_text() -> None:
    column = {"region": [HOSTILE if row % 2 else "north" for row in range(600)]}
    candidate = decided(600, wrong=range(1, 300, 2), groups=column)
    info = decided_on(candidate, decided(600, wrong=range(10), groups=column))
    finding = changed(info.decision.findings[0], flipped=(HOSTILE,), fix=HOSTILE)
    decision = changed(
        info.decision, findings=(finding, *info.decision.findings[1:]), waiver=HOSTILE
    )
    info = changed(info, decision=decision, decided_by=HOSTILE)

    content = page(info, Judged({CANDIDATE: HOSTILE, LIVE: HOSTILE}, candidate, candidate))

    tags = {element.tag.rpartition("}")[2] for element in parsed(content).iter()}
    assert not tags & {"script", "img"}
    assert "\x1b" not in content
    assert "<script>alert(1)</script>" in texts(content)


def test_the_pictures_are_drawn_of_the_rows_and_their_numbers_lie_beside_them() -> None:
    data = [json.loads(pre.text or "") for pre in parsed(PAGE).iter("pre")]

    calibration = next(d for d in data if "churn:2" in d)
    assert sum(one["rows"] for one in calibration["churn:2"]) == 800
    assert all(one["lower"] <= one["share"] <= one["upper"] for one in calibration["churn:1"])
    found = confusion(sample(CANDIDATE_ROWS))
    assert {str(found.true_positive), str(found.false_positive)} <= values(PAGE)
    said = texts(PAGE)
    for words in (
        "ROC; dashed",
        "Precision and recall; dashed",
        "Calibration, each bound at 97.5%",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (Judged(NAMES, absent="the predictions cannot be shown: object lost"), "object lost."),
        (Judged(NAMES, decided(20, label=[1] * 20)), "All rows have the same label"),
    ],
)
def test_a_page_without_curves_says_why(seen: Judged, says: str) -> None:
    assert says in texts(page(DECIDED, seen))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (tabulate(range(4), [1.0, 2, 3, 4], score=[1.1, 2, 3, 4], task="regression"), "80%"),
        (
            tabulate_classes(
                range(2),
                ["a", "b"],
                scores={"a": np.array([0.9, 0.2]), "b": np.array([0.1, 0.8])},
            ),
            "taken for which",
        ),
    ],
)
def test_several_classes_and_numbers_have_pictures_too(rows: Predictions, says: str) -> None:
    content = page(DECIDED, Judged(NAMES, rows, rows))

    assert says in texts(content)
    assert "churn:2" in texts(content).partition("All rows")[2]


def test_a_first_promotion_says_that_nothing_was_live() -> None:
    info = decided_on(CANDIDATE_ROWS, None)

    said = texts(page(info, Judged(NAMES, CANDIDATE_ROWS)))

    assert "nothing is live yet" in said
    assert "churn:2: area" in said
    assert "churn:1" not in said


@pytest.mark.parametrize(
    ("kind", "metric", "limit"),
    [
        ("superiority", "roc_auc", Limit(0.02, "better by 0.02", "right")),
        ("superiority", "log_loss", Limit(-0.02, "better by 0.02", "left")),
        ("non_inferiority", "roc_auc", Limit(-0.02, "worse by 0.02", "right")),
        ("robustness", "brier", Limit(0.02, "worse by 0.02", "left")),
        ("floor", "accuracy", Limit(0.02, "at least 0.02", "right")),
        ("floor", "brier", Limit(0.02, "at most 0.02", "left")),
        ("ceiling", "accuracy", Limit(0.02, "at most 0.02", "left")),
        ("latency", "p99", Limit(0.02, "at most 0.02", "left")),
        ("superiority", "mean/cost", Limit(-0.02, "better by 0.02", "left")),
        ("superiority", "mean/unknown", None),
        ("reproduced", None, None),
    ],
)
def test_the_limit_lies_where_the_check_holds_it(
    kind: str, metric: str | None, limit: Limit | None
) -> None:
    finding = Finding(
        check="c",
        type=kind,
        outcome="pass",
        code="x",
        reason="",
        metric=metric,
        threshold=0.02,
    )

    assert limit_of(finding, {"cost": "lower"}) == limit


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    write(PAGE, tmp_path / "page.html")
    with pytest.raises(Unavailable, match=r"missing/page\.html cannot be written: No such"):
        write(PAGE, tmp_path / "missing" / "page.html")
    with pytest.raises(Unavailable, match=r"folder cannot be written: Is a directory"):
        write(PAGE, tmp_path / "folder")

    assert (tmp_path / "page.html").read_text() == PAGE
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "page.html"]
