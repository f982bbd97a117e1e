"""The database made again from the exported ledger, and what cannot be hidden in it."""

import pytest

from cairn.core import ledger
from cairn.core.errors import Corrupt
from cairn.core.ledger import (
    GetCheckpoint,
    ReadLedger,
    leaf_hash,
)
from cairn.engine import store as stores
from cairn.engine.local import LocalEngine
from cairn.engine.rebuild import rebuild
from cairn.registry import Registry
from cairn.signing import note
from store import Clock, answers, open_registry


def test_a_rebuilt_database_gives_identical_answers(busy: Registry) -> None:
    expected = answers(busy)
    assert isinstance(busy.engine, LocalEngine)
    busy.engine.store.database.close()
    for path in busy.settings.store.glob("cairn.db*"):
        path.unlink()

    with pytest.raises(Corrupt, match="run `cairn rebuild`"):
        open_registry(busy.settings.folder)
    done = rebuild(busy.settings.store)

    again = open_registry(busy.settings.folder, clock=Clock())
    assert answers(again) == expected
    assert again.verify(objects=True).problems == ()
    assert done.entries == len(again.engine.send(ReadLedger()))
    again.promote("churn:3", "dev")
    assert again.verify().problems == ()


def test_a_rebuild_refuses_a_ledger_that_was_changed(busy: Registry) -> None:
    path = busy.settings.store / "ledger" / "00000000.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"reason":"slow"', b'"reason":"fast"'))

    with pytest.raises(Corrupt, match="it was changed"):
        rebuild(busy.settings.store)


def test_history_rewritten_with_the_stolen_key_is_found_by_a_checkpoint_kept_outside(
    busy: Registry,
) -> None:
    kept = busy.engine.send(GetCheckpoint()).note
    forged = forge(busy)

    found = forged.verify(against=kept).problems
    silent = forged.verify().problems

    assert [problem.place for problem in found] == ["the checkpoint given"]
    assert silent == (), "without a checkpoint kept outside this cannot be seen, as documented"


def forge(registry: Registry) -> Registry:
    """Rewrite an entry, and everything that follows from it, as a thief of the key can."""
    store = registry.settings.store
    assert isinstance(registry.engine, LocalEngine)
    registry.engine.store.database.close()
    text = (store / "ledger" / "00000000.jsonl").read_text()
    (store / "ledger" / "00000000.jsonl").write_text(text.replace('"slow"', '"fast"'))
    entries = [line.encode() for line in text.replace('"slow"', '"fast"').splitlines()]
    about = stores.read_about(store)
    key = note.read_key(stores.key_path(about.id).read_text())
    nodes = ledger.tree_of(leaf_hash(entry) for entry in entries)
    root = ledger.root_hash(len(entries), lambda level, index: nodes[level, index])
    text = ledger.checkpoint_text(about.origin, len(entries), root)
    (store / "ledger" / "checkpoint").write_text(note.sign(text, key))
    stores.pin_path(about.id).unlink()
    (store / "cairn.db").unlink()
    rebuild(store)
    return open_registry(registry.settings.folder)


def test_entries_that_were_cut_off_are_found_by_the_pinned_checkpoint(
    busy: Registry,
) -> None:
    copies = {path: path.read_bytes() for path in (busy.settings.store / "ledger").iterdir()}
    busy.promote("churn:3", "dev")
    for path, content in copies.items():
        path.write_bytes(content)
    assert isinstance(busy.engine, LocalEngine)
    busy.engine.store.database.close()
    for path in busy.settings.store.glob("cairn.db*"):
        path.unlink()
    rebuild(busy.settings.store)

    problems = open_registry(busy.settings.folder).verify().problems

    assert [p.place.split()[0] for p in problems] == ["pinned"]
    assert "entries were cut off" in problems[0].reason
