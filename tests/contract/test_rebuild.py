"""The database made again from the exported ledger, and what cannot be hidden in it."""

import sqlite3

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
from projects.store import Clock, answers, open_registry

ENGINES = ("local",)
"""These look into the file of the database."""


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


@pytest.mark.parametrize("kept", [0, 4], ids=["emptied", "an older copy"])
def test_a_database_that_lacks_what_was_exported_is_not_written_over_it(
    busy: Registry, kept: int
) -> None:
    store, folder = busy.settings.store, busy.settings.folder
    segment = (store / "ledger" / "00000000.jsonl").read_bytes()
    assert isinstance(busy.engine, LocalEngine)
    busy.engine.store.database.close()
    with sqlite3.connect(store / "cairn.db") as database:
        for table in ("label_move", "drill", "decision", "policy", "version_value"):
            database.execute(f"DELETE FROM {table}")
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute("DELETE FROM ledger_entry WHERE seq >= ?", (kept,))
    database.close()

    with pytest.raises(Corrupt, match=f"has {kept} ledger entries, but .* rebuild --yes"):
        open_registry(folder)

    assert (store / "ledger" / "00000000.jsonl").read_bytes() == segment
    rebuild(store)
    assert open_registry(folder).verify(objects=True).problems == ()


def test_a_pinned_checkpoint_that_the_ledger_does_not_lead_to_stays(
    busy: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(busy.engine, LocalEngine)
    pin = stores.pin_path(busy.engine.store.about.id)
    backup = {
        path: path.read_bytes() for path in busy.settings.store.rglob("*") if path.is_file()
    }
    busy.promote("churn:3", "dev")
    pinned = pin.read_bytes()
    busy.engine.store.database.close()
    for path, content in backup.items():
        path.write_bytes(content)
    restored = open_registry(busy.settings.folder)

    for label in ("dev", "canary"):
        restored.promote("churn:3", label)

    assert pin.read_bytes() == pinned
    assert f"{pin} stays as it is" in caplog.text
    assert [problem.place.split()[0] for problem in restored.verify().problems] == ["pinned"]
