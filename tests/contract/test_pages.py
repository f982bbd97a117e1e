"""A list costs what is shown of it, however much there is."""

from collections.abc import Callable

import pytest

from cairn.core.ledger import Entry
from cairn.core.run import FinishRun, StartRun
from cairn.engine import ledger
from cairn.inventory.status import status
from cairn.inventory.steps import steps
from cairn.registry import Registry
from cairn.sql.database import Transaction
from projects.store import MODEL, register


def test_status_and_steps_read_no_more_where_there_are_more_versions(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(registry, "first")
    registry.promote(register(registry, "second").name, "staging")
    for read in (_status, _steps):
        few = _read(monkeypatch, lambda read=read: read(registry))
        for number in range(4):
            register(registry, f"{read.__name__} {number}")

        assert _read(monkeypatch, lambda read=read: read(registry)) == few


def test_the_runs_that_are_asked_for_are_the_only_ones_that_are_read(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"{number:032x}" for number in range(1, 7)]
    for run in ids:
        registry.engine.send(StartRun(run=run, model=MODEL, command=("python",)))
    for run in ids[:2]:
        registry.engine.send(FinishRun(run=run, status="failed", reason="no memory"))

    assert [run.id for run in registry.runs(limit=2)] == [ids[5], ids[4]]
    assert [run.id for run in registry.runs(before=ids[4], limit=2)] == [ids[3], ids[2]]
    assert [run.id for run in registry.runs(status="failed")] == [ids[1], ids[0]]
    assert registry.runs(made=True) == ()
    assert len(registry.runs()) == len(ids)
    assert _read(monkeypatch, lambda: registry.runs(limit=2)) == 2


def test_a_page_of_a_labels_history_reads_that_page(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [register(registry, weights).name for weights in "ab"]
    for number in range(6):
        registry.promote(names[number % 2], "staging", reason=str(number))
    label = "churn@staging"

    newest = registry.history(label, limit=2)

    assert [move.reason for move in newest] == ["4", "5"]
    older = registry.history(label, before=newest[0].seq, limit=3)
    assert [move.reason for move in older] == ["1", "2", "3"]
    assert [move.reason for move in registry.history(label)] == list("012345")
    assert _read(monkeypatch, lambda: registry.history(label, limit=2)) == 2


def test_models_and_names_are_told_without_reading_a_version(registry: Registry) -> None:
    first, second = register(registry, "first"), register(registry, "second")
    register(registry, "first", model="risk/fraud")

    assert registry.models() == ("default/churn", "risk/fraud")
    assert registry.names(MODEL, [first.digest, second.digest, "sha256:" + "0" * 64]) == {
        first.digest: "churn:1",
        second.digest: "churn:2",
    }


def _status(registry: Registry) -> object:
    return status(registry)


def _steps(registry: Registry) -> object:
    return steps(registry, registry.settings.folder)


def _read(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> int:
    """Count the ledger entries that are read for something."""
    count = 0

    def read(tx: Transaction, seq: int) -> Entry:
        nonlocal count
        count += 1
        return real(tx, seq)

    real = ledger.read
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "read", read)
        work()
    return count
