"""Policy files on what adds up over time: looks at one set, losses since a reference."""

from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from cairn.core.errors import NotFound
from cairn.core.gate import Reuse
from cairn.gates.policy import load_policy
from cairn.registry import Registry
from projects.workshop import MODEL, add_table, fitted, register

GOOD = """\
cairn: policy/1
evaluation: snap:test
checks:
  - {id: floor, type: floor, metric: recall, value: 0.7}
"""


@pytest.fixture
def policy_file(registry: Registry) -> Path:
    add_table(registry, "customer,churned,region\n1,0,north\n")
    return registry.settings.folder / "churn.yaml"


def test_a_reference_is_pinned_by_the_digest_of_its_version(
    registry: Registry, policy_file: Path
) -> None:
    first = register(registry, fitted(LogisticRegression(), ["age"]))
    since = (
        "  - {id: since, type: non_inferiority, metric: recall, margin: 0.1, reference: fixed}"
    )
    policy_file.write_text(f"{GOOD}{since}\nreference: {first.name}\n")
    pinned = load_policy(policy_file, registry, MODEL)
    policy_file.write_text(f"{GOOD}{since}\nreference: churn:99\n")

    with pytest.raises(NotFound, match=r"reference: .*has no version 99"):
        load_policy(policy_file, registry, MODEL)
    assert pinned.reference == first.digest


def test_looks_are_counted_unless_a_policy_says_that_they_are_not(
    registry: Registry, policy_file: Path
) -> None:
    policy_file.write_text(GOOD)
    counted = load_policy(policy_file, registry, MODEL)
    policy_file.write_text(GOOD + "reuse: null\n")

    uncounted = load_policy(policy_file, registry, MODEL)

    assert counted.reuse == Reuse(spending="inverse_square")
    assert uncounted.reuse is None
