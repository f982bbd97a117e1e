"""A project's own check is run beforehand, and its words and bytes are kept as evidence."""

import pytest
from sklearn.linear_model import LogisticRegression

from cairn.core.errors import Inconclusive, Invalid, Refused
from cairn.core.evaluation import ListResults, ResultInfo
from cairn.core.version import Version
from cairn.gates.policy import load_policy
from cairn.registry import Registry
from projects.workshop import MODEL, add_table, churn, fitted, register

POLICY = """\
cairn: policy/1
evaluation: snap:test
checks:
  - {id: mine, type: own, run: "python check.py"}
  - {id: known, type: floor, metric: roc_auc, value: 0.5}
bootstrap: floors_only
"""
SCRIPT = """\
import os, pathlib, sys
model, data = (pathlib.Path(os.environ[name]) for name in ("CAIRN_MODEL", "CAIRN_DATA"))
assert any(model.rglob("*")) and any(data.rglob("*.csv"))
print("looking")
print("REASON")
sys.exit(CODE)
"""


@pytest.fixture
def version(registry: Registry) -> Version:
    """A version whose promotion waits for check.py."""
    add_table(registry, churn(rows=400))
    first = register(registry, fitted(LogisticRegression(), ["age"]))
    evaluated = registry.evaluate(first.name, on="test")
    model = fitted(LogisticRegression(), ["age", "spend"])
    made = register(registry, model, evaluations=(evaluated.digest,))
    path = registry.settings.folder / "gate.yaml"
    path.write_text(POLICY)
    registry.set_policy("churn@production", load_policy(path, registry, MODEL))
    return made


def says(registry: Registry, reason: str, code: int) -> None:
    text = SCRIPT.replace("REASON", reason).replace("CODE", str(code))
    (registry.settings.folder / "check.py").write_text(text)


def results(registry: Registry, version: Version) -> tuple[ResultInfo, ...]:
    assert version.manifest.artifacts is not None
    return registry.engine.send(ListResults(artifacts=version.manifest.artifacts.tree))


def test_a_check_that_passes_lets_the_version_through_with_its_words(
    registry: Registry, version: Version
) -> None:
    says(registry, "no leak", 0)

    step = registry.promote(version.name)

    finding = registry.decision(str(step.decision)).decision.findings[0]
    (info,) = results(registry, version)
    assert (finding.outcome, "no leak" in finding.reason) == ("pass", True)
    assert (info.result.plugin, info.result.outcome) == ("check.py", "pass")
    assert registry.objects.get(info.result.source).decode().endswith("sys.exit(0)\n")


def test_what_a_check_prints_is_kept_without_secrets(
    registry: Registry, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "S3CRETenv9tok")
    says(registry, "asked with S3CRETenv9tok, in vain", 0)
    registry.promote(version.name)

    (info,) = results(registry, version)

    assert info.result.reason == "asked with <redacted>, in vain"


def test_a_check_with_a_secret_in_it_is_not_kept(registry: Registry, version: Version) -> None:
    says(registry, "x", 0)
    with (registry.settings.folder / "check.py").open("a") as file:
        file.write('password = "S3CRETpassw0rd"\n')

    with pytest.raises(
        Invalid, match=r"check\.py is kept as it is, and seems to hold a value"
    ):
        registry.promote(version.name)


@pytest.mark.parametrize(("code", "kind"), [(1, Refused), (7, Inconclusive)])
def test_a_check_that_does_not_pass_stops_it(
    registry: Registry, version: Version, code: int, kind: type[Refused]
) -> None:
    says(registry, "a column repeats the label", code)

    with pytest.raises(kind, match=r"mine: .*a column repeats the label"):
        registry.promote(version.name)


def test_a_changed_script_is_run_again_and_the_same_one_is_not(
    registry: Registry, version: Version
) -> None:
    says(registry, "bad", 1)
    for _ in range(2):
        with pytest.raises(Refused):
            registry.promote(version.name)
    assert len(results(registry, version)) == 1

    says(registry, "good", 0)

    assert registry.promote(version.name).number == version.number


def test_a_check_that_nobody_has_is_named(registry: Registry, version: Version) -> None:
    with pytest.raises(Invalid, match=r"check 'mine' runs 'python check\.py', which names"):
        registry.promote(version.name)
