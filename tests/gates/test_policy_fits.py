"""Policy files must fit their model, and name people whom the policy itself covers."""

from pathlib import Path

import pytest

from cairn.core.errors import Invalid, NotFound
from cairn.gates.policy import load_policy
from cairn.registry import Registry
from projects.workshop import MODEL, SETTINGS, add_table, churn, open_workshop

GOOD = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {id: better, type: superiority, metric: roc_auc}
  - {id: floor, type: floor, metric: recall, value: 0.70}
"""


@pytest.fixture
def policy_file(registry: Registry) -> Path:
    add_table(registry, "customer,churned,region\n1,0,north\n")
    return registry.settings.folder / "churn.yaml"


def test_a_metric_that_the_task_does_not_have_is_refused_with_those_that_it_has(
    policy_file: Path, tmp_path: Path
) -> None:
    many = open_workshop(tmp_path / "many", SETTINGS.replace("binary", "regression"))
    add_table(many, churn(rows=20))
    policy_file.write_text(GOOD)

    with pytest.raises(
        Invalid, match=r"roc_auc is not a metric of a regression task; there are mae, .*r2"
    ):
        load_policy(policy_file, many, MODEL)


def test_a_policy_for_a_model_that_nobody_knows_is_refused_with_those_there_are(
    registry: Registry, policy_file: Path
) -> None:
    policy_file.write_text(GOOD)

    with pytest.raises(NotFound, match=r"there is no model chrun .*; there are churn$"):
        load_policy(policy_file, registry, "default/chrun")


def test_approvals_cover_the_policy_unless_the_file_says_otherwise(
    registry: Registry, policy_file: Path
) -> None:
    groups = "approvals: {groups: [{people: [olga]}, {people: [ann, ben]}]}\n"
    policy_file.write_text(GOOD + groups)

    rule = load_policy(policy_file, registry, MODEL).approvals

    assert rule is not None
    assert rule.covers == ("promotion", "policy")
    assert [group.people for group in rule.groups] == [("olga",), ("ann", "ben")]


def test_approvals_have_people_or_groups_of_them(
    registry: Registry, policy_file: Path
) -> None:
    policy_file.write_text(GOOD + "approvals: {count: 1}\n")

    with pytest.raises(Invalid, match="write `people`, or `groups` that have people"):
        load_policy(policy_file, registry, MODEL)
