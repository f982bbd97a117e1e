"""What a promotion costs whose evidence is stored: requests, queries, transactions."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from cairn.engine.local import LocalEngine
from cairn.gates.evaluation import evaluate
from cairn.gates.policy import load_policy
from cairn.registry import Registry
from cairn.sql.database import Database, Transaction
from projects.workshop import MODEL, add_table, churn, fitted, register

MOST_QUERIES = 100
POLICY = """\
cairn: policy/1
evaluation: snap:test
bootstrap: floors_only
checks:
  - {id: better, type: superiority, metric: roc_auc}
  - {id: floor, type: floor, metric: roc_auc, value: 0.6}
  - {id: speed, type: latency, max_ms: 400, percentile: 90}
  - {id: safe, type: safety_scan}
  - {id: pace, type: rate_limit, max: 10, within_hours: 24}
"""


def test_stored_evidence_is_judged_in_few_requests_and_one_transaction(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_table(registry, churn(rows=1000))
    path = registry.settings.folder / "churn.yaml"
    path.write_text(POLICY)
    registry.set_policy("churn@production", load_policy(path, registry, MODEL))
    elsewhere = add_table(registry, churn(rows=20, seed=9), name="elsewhere")
    for columns in (["age"], ["age", "spend"]):
        model = fitted(LogisticRegression(), columns)
        scored = evaluate(registry, register(registry, model), on=elsewhere.digest)
        version = register(registry, model, evaluations=(scored.digest,))
        if columns == ["age"]:
            registry.promote(version.name)
    registry.check_gate("churn:4")
    requests, queries, writes = counted(monkeypatch)

    registry.promote("churn:4")

    assert requests == ["GetVersion", "FindUnmeasured", "MoveLabel"]
    assert len(writes) == 1
    assert len(queries) <= MOST_QUERIES


def counted(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str], list[str]]:
    """Count from now on what is asked of the engine and of the database."""
    requests: list[str] = []
    queries: list[str] = []
    writes: list[str] = []
    send, select, writing = LocalEngine.send, Transaction.select, Database.writing

    def sent(self: LocalEngine, request: Any, *who: Any) -> Any:
        requests.append(type(request).__name__)
        return send(self, request, *who)

    def selected(self: Transaction, text: str, values: Any) -> Any:
        queries.append(text)
        return select(self, text, values)

    @contextmanager
    def written(self: Database) -> Generator[Transaction]:
        writes.append("write")
        with writing(self) as tx:
            yield tx

    monkeypatch.setattr(LocalEngine, "send", sent)
    monkeypatch.setattr(Transaction, "select", selected)
    monkeypatch.setattr(Database, "writing", written)
    return requests, queries, writes
