"""Policy files: what people write is pinned, or refused with line and column."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from cairn.core.check import Floor, LatencyBudget, NoSubgroupRegression, Superiority
from cairn.core.digest import digest_of
from cairn.core.errors import Invalid, NotFound
from cairn.core.evaluation import Scorer
from cairn.gates.policy import load_policy, schema
from cairn.gates.template import starter_policy
from cairn.registry import Registry
from projects.workshop import MODEL, add_table, churn, open_workshop

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schema" / "policy.json"
GOOD = """\
cairn: policy/1
evaluation: snap:test            # pinned by `gate set`
against: "@production"
bootstrap: floors_only
checks:
  - {id: better, type: superiority, metric: roc_auc}
  - {id: floor, type: floor, metric: recall, value: 0.70}
  - id: groups
    type: no_subgroup_regression
    by: [region]
    metric: recall
    margin: 2e-2
    min_rows: 200
  - {id: speed, type: latency, percentile: 99, max_ms: 40}
"""
HEAD = "cairn: policy/1\nevaluation: snap:test\nchecks:\n"


@pytest.fixture
def policy_file(registry: Registry) -> Path:
    add_table(registry, "customer,churned,region\n1,0,north\n")
    return registry.settings.folder / "churn.yaml"


def test_a_policy_is_read_and_its_snapshot_and_scorer_are_pinned(
    registry: Registry, policy_file: Path
) -> None:
    policy_file.write_text(GOOD)

    policy = load_policy(policy_file, registry, MODEL)

    assert policy.evaluation == registry.find_snapshot("snap:test").digest
    assert policy.checks == (
        Superiority(id="better", metric="roc_auc"),
        Floor(id="floor", metric="recall", value=0.7),
        NoSubgroupRegression(
            id="groups", by=("region",), metric="recall", margin=0.02, min_rows=200
        ),
        LatencyBudget(id="speed", max_ms=40, percentile=99),
    )
    assert policy.bootstrap == "floors_only"
    assert policy.scorer is not None
    scorer = registry.objects.get_record(policy.scorer, Scorer)
    assert (scorer.label, scorer.score, scorer.groups) == (
        "churned",
        "predict_proba",
        ("region",),
    )


def test_the_same_file_gives_the_same_policy_and_a_new_snapshot_another(
    registry: Registry, policy_file: Path
) -> None:
    policy_file.write_text(GOOD)
    before = load_policy(policy_file, registry, MODEL)
    again = load_policy(policy_file, registry, MODEL)
    add_table(registry, "customer,churned,region\n1,1,south\n")

    after = load_policy(policy_file, registry, MODEL)

    assert before == again
    assert after.evaluation != before.evaluation


def test_without_an_evaluation_in_cairn_toml_no_scorer_is_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    bare = open_workshop(tmp_path / "bare", settings="[model.churn]\n")
    add_table(bare, "x\n1\n")
    path = tmp_path / "any.yaml"
    path.write_text(GOOD)

    assert load_policy(path, bare, MODEL).scorer is None


def test_the_starter_policy_is_valid_as_it_stands(
    registry: Registry, policy_file: Path
) -> None:
    policy_file.write_text(starter_policy("churn"))

    policy = load_policy(policy_file, registry, MODEL)

    assert [check.id for check in policy.checks] == ["better", "floor"]
    assert max(len(line) for line in starter_policy("churn").splitlines()) <= 100


def test_every_example_in_the_starter_policy_is_valid(
    registry: Registry, policy_file: Path
) -> None:
    policy_file.write_text(starter_policy("churn").replace("  # - {", "  - {"))

    policy = load_policy(policy_file, registry, MODEL)

    assert len({type(check) for check in policy.checks}) == 6


@dataclass(frozen=True)
class Bad:
    """A file, and what the error must say."""

    text: str
    says: str


def one(check: str) -> str:
    return f"{HEAD}  - {{{check}}}\n"


BAD = {
    "empty": Bad("", "the file is empty"),
    "only notes": Bad("# nothing\n", "the file is empty"),
    "text": Bad("policy", "a policy is a mapping"),
    "list": Bad("- a\n- b\n", "a policy is a mapping"),
    "no format": Bad("evaluation: snap:test\nchecks: []\n", "`cairn: policy/1`"),
    "newer format": Bad(HEAD.replace("/1", "/2"), r"line 1, column 8: cairn: .*'policy/2'"),
    "no evaluation": Bad(
        "cairn: policy/1\nchecks: [{id: a, type: complete}]\n", "'evaluation' is missing"
    ),
    "no checks": Bad(HEAD.replace("checks:\n", ""), "line 1, column 1: the key 'checks'"),
    "checks left empty": Bad(HEAD, r"line 3, column 8: checks: must be a list"),
    "no check in the list": Bad(
        HEAD.replace("checks:", "checks: []"), r"line 3, column 9: checks: must be a list of"
    ),
    "unknown key": Bad(
        HEAD.replace("checks", "threshold: 3\nchecks") + "  - {id: a, type: complete}\n",
        r"line 3, column 1: unknown key 'threshold'; there are cairn, evaluation, checks",
    ),
    "unknown key in a check": Bad(
        one("id: a, type: floor, metric: recall, value: 1, treshold: 2"),
        r"line 4, column 52: checks\[0\]: unknown key 'treshold'; there are type, id, metric",
    ),
    "unknown check": Bad(
        one("id: a, type: superioriti, metric: recall"),
        r"line 4, column 19: checks\[0\].type: there is no check of type 'superioriti'",
    ),
    "no type": Bad(one("id: a"), r"line 4, column 5: checks\[0\]: the key 'type' is missing"),
    "no id": Bad(one("type: floor, metric: recall, value: 1"), "the key 'id' is missing"),
    "no value": Bad(one("id: a, type: floor, metric: recall"), "the key 'value' is missing"),
    "id with a space": Bad(
        one("id: a b, type: complete"),
        r"line 4, column 10: checks\[0\].id: must be a plain name, not 'a b'",
    ),
    "ids twice": Bad(
        one("id: a, type: complete") + "  - {id: a, type: complete}\n", "a comes twice"
    ),
    "text for a number": Bad(
        one("id: a, type: floor, metric: recall, value: high"),
        r"line 4, column 49: checks\[0\].value: must be a number, not 'high'",
    ),
    "quoted number": Bad(
        one('id: a, type: floor, metric: recall, value: "0.7"'), "must be a number, not '0.7'"
    ),
    "negative margin": Bad(
        one("id: a, type: superiority, metric: recall, margin: -1"),
        r"margin: must be a number >= 0.0, not -1",
    ),
    "confidence of a half": Bad(
        one("id: a, type: superiority, metric: recall, confidence: 0.5"),
        r"confidence: must be a number > 0.5, not 0.5",
    ),
    "not a number": Bad(
        one("id: a, type: floor, metric: recall, value: .nan"), r"line 4, column 49: .nan"
    ),
    "infinity": Bad(
        one("id: a, type: floor, metric: recall, value: -.inf"), "line 4, column 49"
    ),
    "too large": Bad(
        one("id: a, type: floor, metric: recall, value: 1e999"), "1e999 is too large"
    ),
    "yes": Bad(
        one("id: a, type: floor, metric: recall, value: yes"), "must be a number, not 'yes'"
    ),
    "time of day": Bad(
        one("id: a, type: latency, max_ms: 1:30"), "must be a number, not '1:30'"
    ),
    "unknown metric": Bad(
        one("id: a, type: floor, metric: gini, value: 1"),
        r"line 4, column 34: check 'a': metric 'gini' is not known",
    ),
    "threshold of an area": Bad(
        one("id: a, type: floor, metric: roc_auc@0.3, value: 1"), "roc_auc has no threshold"
    ),
    "no grouping": Bad(
        one("id: a, type: no_subgroup_regression, metric: recall, by: []"),
        "by: must be a list of length >= 1",
    ),
    "unknown group in an intersection": Bad(
        one("id: a, type: no_subgroup_regression, metric: recall, by: [[region, age]]"),
        r"line 4, column 63: check 'a' compares by 'age'",
    ),
    "unknown burden": Bad(
        one("id: a, type: no_subgroup_regression, metric: recall, by: [region], burden: x"),
        r"line 4, column 81: .*burden: must be one of detect, prove, not 'x'",
    ),
    "unknown kind of perturbation": Bad(
        one(
            "id: a, type: robustness, metric: recall, max_drop: 0.1, "
            "perturbation: {kind: x, amount: 1}"
        ),
        "must be one of noise, missing, shift, seed, not 'x'",
    ),
    "unknown key of approvals": Bad(
        f"{HEAD}  - {{id: a, type: complete}}\napprovals: {{people: [bo], counts: 2}}\n",
        r"line 5, column 27: approvals: unknown key 'counts'; there are people, count, ",
    ),
    "unknown thing to approve": Bad(
        f"{HEAD}  - {{id: a, type: complete}}\napprovals: {{people: [bo], covers: [all]}}\n",
        "must be one of promotion, policy, deletion, erasure, not 'all'",
    ),
    "more approvals than people": Bad(
        f"{HEAD}  - {{id: a, type: complete}}\napprovals: {{people: [bo], count: 2}}\n",
        "2 people must agree, but only 1 may",
    ),
    "a key that is none": Bad(
        f"{HEAD}  - {{id: a, type: complete}}\nmeasurers: [ci, ci+12345678+AAAA]\n",
        r"line 5, column 17: .* is not .* public key .*; `cairn whoami`",
    ),
    "override without approvals": Bad(
        f"{HEAD}  - {{id: a, type: complete}}\noverride: [ada]\n",
        "override needs approvals",
    ),
    "authors by name": Bad(
        f"{HEAD}  - {{id: a, type: complete}}\napprovals: {{people: [bo]}}\nauthors: [ada]\n",
        "ada is a name, which anybody can give himself",
    ),
    "authors without approvals": Bad(
        f"{HEAD}  - {{id: a, type: complete}}\nauthors: [ada]\n",
        "authors needs approvals",
    ),
    "an author's key that is none": Bad(
        f"{HEAD}  - {{id: a, type: complete}}\nauthors: [ci, ci+12345678+AAAA]\n",
        r"line 5, column 15: .* is not .* public key .*; `cairn whoami`",
    ),
    "group as text": Bad(
        one("id: a, type: no_subgroup_regression, metric: recall, by: region"),
        "by: must be a list, not 'region'",
    ),
    "unknown group": Bad(
        one("id: a, type: no_subgroup_regression, metric: recall, by: [age]"),
        r"line 4, column 63: check 'a' compares by 'age', .* cairn.toml \(region\)",
    ),
    "key twice": Bad(
        HEAD + "  - {id: a, type: complete}\nevaluation: snap:other\n",
        r"line 5, column 1: 'evaluation' stands twice, first in line 2, column 1",
    ),
    "key twice in a check": Bad(one("id: a, id: b, type: complete"), "'id' stands twice"),
    "number as a key": Bad(HEAD.replace("checks", "1"), "line 3, column 1: a key must be"),
    "anchor": Bad(one("id: &x a, type: complete"), "line 4, column 10: anchors and aliases"),
    "alias": Bad(HEAD.replace("checks:", "checks: *x"), "line 3, column 9: anchors"),
    "merge": Bad(
        HEAD + "  - {<<: {id: a}, type: complete}\n", "line 4, column 6: a key must be"
    ),
    "billion laughs": Bad(
        "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "line 1, column 4: anchors"
    ),
    "python tag": Bad(
        HEAD.replace("snap:test", "!!python/object/apply:os.system ['true']"),
        "line 2, column 13: tags such as",
    ),
    "custom tag": Bad(HEAD.replace("snap:test", "!env HOME"), "line 2, column 13: tags"),
    "two documents": Bad(GOOD + "---\n" + GOOD, "line 15, column 1: expected a single"),
    "tab": Bad("cairn: policy/1\n\tevaluation: snap:test\n", "line 2, column 1"),
    "open bracket": Bad(HEAD + "  - {id: a\n", "line 5, column 1"),
    "deep": Bad("cairn: " + "[" * 500 + "]" * 500, "nested deeper than 12 levels"),
    "long": Bad("# " + "x" * 200_000, "characters are too many"),
    "control character": Bad("cairn: \x07", "unacceptable character"),
    "label without @": Bad(
        HEAD.replace("checks", "against: prod\nchecks") + "  - {id: a, type: complete}\n",
        r"line 3, column 10: against: must be a plain name, not 'prod'",
    ),
    "unknown bootstrap": Bad(
        HEAD.replace("checks", "bootstrap: yes\nchecks") + "  - {id: a, type: complete}\n",
        "line 3, column 12: bootstrap: must be one of floors_only, refuse, not 'yes'",
    ),
    "bootstrap without a floor": Bad(
        HEAD.replace("checks", "bootstrap: floors_only\nchecks")
        + "  - {id: a, type: complete}\n",
        "needs at least one check of type floor",
    ),
    "half a row": Bad(
        one("id: a, type: no_subgroup_regression, metric: f1, by: [region], min_rows: 2.5"),
        "min_rows: must be a whole number, not 2.5",
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_its_name_and_place(
    registry: Registry, policy_file: Path, bad: Bad
) -> None:
    policy_file.write_text(bad.text)

    with pytest.raises(Invalid) as caught:
        load_policy(policy_file, registry, MODEL)

    message = str(caught.value)
    assert re.search(bad.says, message), message
    assert message.startswith(f"{policy_file}: ")
    assert "\n" not in message


def test_an_unknown_snapshot_is_named_with_its_place(
    registry: Registry, policy_file: Path
) -> None:
    policy_file.write_text(GOOD.replace("snap:test", "snap:holdout"))

    with pytest.raises(NotFound, match=r"line 2, column 13: evaluation: .*holdout"):
        load_policy(policy_file, registry, MODEL)


def test_a_missing_file_is_not_found(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no policy file"):
        load_policy(tmp_path / "nowhere.yaml", registry, MODEL)


def test_a_folder_or_binary_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"cairn: \xff\xfe")

    with pytest.raises(Invalid, match="cannot be read"):
        load_policy(tmp_path, registry, MODEL)
    with pytest.raises(Invalid, match="not UTF-8 text: byte 7"):
        load_policy(binary, registry, MODEL)


def test_comments_and_the_order_of_keys_are_no_part_of_a_policy(
    registry: Registry, policy_file: Path
) -> None:
    add_table(registry, churn(rows=20))
    lines = [
        "evaluation: snap:test",
        "checks: [{id: a, type: floor, metric: recall, value: 0.5}]",
        "bootstrap: floors_only",
        "approvals: {count: 1, people: [bo, cy]}",
        "measurers: [ci]",
    ]
    policy_file.write_text("\n".join(["cairn: policy/1", *lines]) + "\n")
    first = load_policy(policy_file, registry, MODEL)

    shuffled = [
        "# why",
        *reversed(lines[2:]),
        'checks: [{value: 0.50, metric: "recall", type: floor, id: a}]  # one',
        "cairn: policy/1",
        lines[0],
    ]
    policy_file.write_text("\n\n".join(shuffled) + "\n")

    assert digest_of(load_policy(policy_file, registry, MODEL)) == digest_of(first)


def test_the_schema_for_editors_is_up_to_date() -> None:
    assert json.loads(SCHEMA.read_text()) == schema(), (
        "write it again: json.dumps(cairn.gates.policy.schema(), indent=2)"
    )


def test_the_schema_describes_every_key() -> None:
    described = schema()["$defs"]

    assert described["PolicyFile"]["required"] == ["cairn", "evaluation", "checks"]
    assert described["Floor"]["required"] == ["type", "id", "metric", "value"]
    assert all(part["additionalProperties"] is False for part in described.values())
