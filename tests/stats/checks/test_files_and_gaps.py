"""Checks on what the version holds: its files, and what is not known about it."""

from dataclasses import replace

import pytest

from cairn.core.check import Complete, RequiredArtifacts
from cairn.core.gate import Finding
from cairn.core.run import Gap
from cairn.stats.checks import judge
from scores.scored import decided, evidence

SEEDS = Gap(field="seeds", reason="generators without a seed", fix="seed them")


def holding(*files: str, asked: tuple[str, ...]) -> Finding:
    check = RequiredArtifacts(id="files", files=asked)
    return judge(check, replace(evidence(decided(4), None), files=frozenset(files)))


def known(*gaps: Gap, waiver: str = "") -> Finding:
    return judge(Complete(), replace(evidence(decided(4), None), gaps=gaps, waiver=waiver))


@pytest.mark.parametrize(
    "pattern", ["*.skops", "model/*.skops", "model.skops", "model/model.skops"]
)
def test_a_pattern_finds_a_file_by_path_or_by_name(pattern: str) -> None:
    finding = holding("model/model.skops", "schema.json", asked=(pattern, "schema.json"))

    assert (finding.outcome, finding.code) == ("pass", "ok")


@pytest.mark.parametrize(
    "pattern", ["*.onnx", "other/*.skops", "odel.skops", "Model.skops", ""]
)
def test_a_missing_file_fails_and_is_named(pattern: str) -> None:
    finding = holding("model/model.skops", asked=("*.skops", pattern))

    assert (finding.outcome, finding.code) == ("fail", "missing-artifacts")
    assert f"no {pattern} among its 1 file" in finding.reason


def test_a_version_without_gaps_is_complete() -> None:
    assert known().outcome == "pass"


def test_a_gap_fails_with_its_reason_and_fix() -> None:
    finding = known(SEEDS)

    assert (finding.outcome, finding.code) == ("fail", "incomplete")
    assert "seeds: generators without a seed" in finding.reason
    assert "seeds: seed them" in finding.fix
    assert "--waiver" in finding.fix


def test_a_waived_gap_passes_and_stays_visible() -> None:
    finding = known(SEEDS, waiver="checked by hand")

    assert (finding.outcome, finding.code) == ("pass", "waived")
    assert "checked by hand" in finding.reason
    assert "seeds" in finding.reason


def test_very_many_gaps_still_make_a_finding_that_can_be_stored() -> None:
    gaps = [Gap(field=f"fields.f{number}", reason="x" * 100) for number in range(200)]

    finding = known(*gaps)

    assert finding.outcome == "fail"
    assert len(finding.reason) == 2000
