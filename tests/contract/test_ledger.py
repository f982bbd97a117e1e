"""The ledger: every change is in it, once, in order, and can be proven."""

import base64
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from cairn.core.errors import Conflict, NotFound
from cairn.core.label import Anyone, MoveLabel
from cairn.core.ledger import (
    Entry,
    ProveEntry,
    ReadLedger,
    leaf_hash,
    read_checkpoint_text,
    verify_inclusion,
)
from cairn.engine import store as stores
from cairn.registry import Registry
from cairn.signing import note
from projects.store import Clock, open_registry, register


def test_every_change_is_one_entry_with_who_what_and_why(busy: Registry) -> None:
    entries = busy.engine.send(ReadLedger())

    assert [entry.seq for entry in entries] == list(range(len(entries)))
    assert {entry.actor.id for entry in entries} == {"ada"}
    assert "slow" in {entry.reason for entry in entries}
    assert {entry.action for entry in entries} >= {
        "snapshot.add",
        "version.register",
        "label.move",
        "label.rollback",
        "label.refuse",
        "gate.set",
    }


def test_a_clean_store_verifies_to_the_last_byte(busy: Registry) -> None:
    result = busy.verify(objects=True)

    assert result.problems == ()
    assert result.versions == 4
    assert result.objects > 20


def test_an_entry_is_proven_with_public_rules_alone(busy: Registry) -> None:
    proof = busy.engine.send(ProveEntry(seq=3))

    text = note.verify(proof.checkpoint.note, stores.read_about(busy.settings.store).log)
    _, size, root = read_checkpoint_text(text)
    assert verify_inclusion(
        proof.seq,
        size,
        leaf=leaf_hash(proof.entry.encode()),
        proof=[base64.b64decode(value) for value in proof.hashes],
        root=root,
    )
    with pytest.raises(NotFound, match="it ends at"):
        busy.engine.send(ProveEntry(seq=size))


def test_a_change_sent_twice_is_done_once(registry: Registry) -> None:
    first = register(registry, "a")
    change = MoveLabel(
        model=first.model,
        label="staging",
        version=first.digest,
        expecting=Anyone(),
        change_id="ab" * 16,
    )

    once = registry.engine.send(change)
    again = registry.engine.send(change)

    assert again == once
    assert len(registry.history("churn@staging")) == 1


def test_a_change_id_used_for_something_else_is_a_conflict(registry: Registry) -> None:
    first = register(registry, "a")
    change = MoveLabel(
        model=first.model,
        label="staging",
        version=first.digest,
        expecting=Anyone(),
        change_id="ab" * 16,
    )
    registry.engine.send(change)

    with pytest.raises(Conflict, match="used before for another request"):
        registry.engine.send(replace(change, label="canary"))


def test_time_never_runs_backwards_in_the_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    clock = Clock()
    registry = open_registry(folder, clock=clock)
    register(registry, "a")
    clock.now = clock.now.replace(year=1999)
    register(registry, "b")

    times = [entry.time for entry in registry.engine.send(ReadLedger())]

    assert times == sorted(times)
    assert not any(re.match("1999", time) for time in times)
    assert registry.verify().problems == ()


def test_a_store_without_its_key_can_be_read_but_not_written(busy: Registry) -> None:
    stores.key_path(stores.read_about(busy.settings.store).id).unlink()

    assert busy.version("churn:1").number == 1
    with pytest.raises(NotFound, match="the key that signs this store's ledger is not at"):
        busy.promote("churn:3", "dev")


def test_entries_have_no_gaps_after_many_segments(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.engine.segments.SEGMENT_ENTRIES", 4)
    for index in range(9):
        register(registry, f"w{index}")

    names = sorted(path.name for path in (registry.settings.store / "ledger").glob("*.jsonl"))

    assert names[0] == "00000000.jsonl"
    assert len(names) > 2
    assert registry.verify().problems == ()
    assert isinstance(registry.engine.send(ReadLedger(newest=True, limit=1))[0], Entry)
