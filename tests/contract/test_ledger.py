"""The ledger: every change is in it, and whoever changes it behind its back is found."""

import base64
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core import ledger
from cairn.core.errors import Conflict, Corrupt, NotFound, Refused
from cairn.core.gate import Floor, LatencyBudget
from cairn.core.label import Anyone, MoveLabel
from cairn.core.ledger import (
    Entry,
    GetCheckpoint,
    ProveEntry,
    ReadLedger,
    leaf_hash,
    read_checkpoint_text,
    verify_inclusion,
)
from cairn.engine import store as stores
from cairn.engine.local import LocalEngine
from cairn.engine.rebuild import rebuild
from cairn.registry import Registry
from cairn.signing import note
from scored import spread
from store import Clock, data, evaluate, gate, open_registry, register, time_calls

FLOOR = Floor(id="floor", metric="roc_auc", value=0.6)
SPEED = LatencyBudget(id="speed", max_ms=40)


@pytest.fixture
def busy(registry: Registry) -> Registry:
    """A registry in which everything that can happen has happened."""
    test_set = data(registry, name="test")
    gate(registry, FLOOR, SPEED, on=test_set)
    for weights in "ab":
        version = register(registry, weights)
        evaluate(registry, version, spread(500, skill=1.0, seed=1), on=test_set)
        time_calls(registry, version, milliseconds=4)
        registry.promote(version.name, reason="passes")
    register(registry, "c")
    with pytest.raises(Refused):
        registry.promote("churn:3")
    registry.release("churn:1", release="1.0.0")
    registry.rollback("churn")
    registry.mark_bad("churn:2", reason="slow")
    registry.promote("churn:3", "archived")
    registry.delete(register(registry, "d").name, reason="oops")
    return registry


def database(registry: Registry) -> Path:
    return registry.settings.store / "cairn.db"


def reopened(registry: Registry) -> Registry:
    engine = registry.engine
    assert isinstance(engine, LocalEngine)
    engine.store.database.close()
    return open_registry(registry.settings.folder, clock=Clock())


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


def rows(path: Path) -> Iterator[tuple[str, str, int]]:
    """List table, column and row id or rank of every value in the database."""
    with sqlite3.connect(path) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
        ).fetchall()
        for (table,) in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            count = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            for column in columns:
                yield from ((table, column, rank) for rank in {0, count - 1} if count)


def altered(value: object) -> object:
    """Another value of the same type."""
    match value:
        case int() | float():
            return value + 1000
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 1])
        case str():
            return value + "x"
        case _:
            return "x"


class Field:
    """One value in the database, to be changed and put back."""

    def __init__(self, path: Path, table: str, column: str, rank: int) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        info = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
        keys = [row[1] for row in info if row[5]]
        order = ", ".join(keys)
        *identity, self._value = self._connection.execute(
            f"SELECT {order}, {column} FROM {table} ORDER BY {order} LIMIT 1 OFFSET {rank}"
        ).fetchone()
        self._set = f"UPDATE {table} SET {column} = ? WHERE " + " AND ".join(
            f"{key} IS ?" for key in keys
        )
        self._identity = identity
        self._after = [
            altered(value) if key == column else value
            for key, value in zip(keys, identity, strict=True)
        ]

    def change(self) -> bool:
        """Change it; False if the database itself refuses a value of this type there."""
        try:
            self._connection.execute(self._set, (altered(self._value), *self._identity))
        except sqlite3.IntegrityError:
            return False
        return True

    def put_back(self) -> None:
        """Undo the change."""
        self._connection.execute(self._set, (self._value, *self._after))
        self._connection.close()


def test_any_field_of_any_row_that_is_changed_is_named(busy: Registry) -> None:
    fields = list(rows(database(busy)))
    missed: list[str] = []

    for table, column, rank in fields:
        field = Field(database(busy), table, column, rank)
        if field.change():
            if not busy.verify().problems:
                missed.append(f"{table}.{column}")
            field.put_back()

    assert len(fields) > 60
    assert missed == []
    assert busy.verify().problems == ()


def test_a_row_that_is_taken_away_is_named(busy: Registry) -> None:
    with sqlite3.connect(database(busy)) as connection:
        connection.execute(
            "DELETE FROM label_move WHERE seq = (SELECT MAX(seq) FROM label_move)"
        )

    places = [problem.place for problem in busy.verify().problems]

    assert any(place.startswith("label_move") for place in places)


def test_a_version_whose_row_lies_is_not_answered(busy: Registry) -> None:
    with sqlite3.connect(database(busy)) as connection:
        connection.execute(
            "UPDATE version SET digest = (SELECT digest FROM snapshot) WHERE number = 1"
        )

    with pytest.raises(Corrupt, match="contradicts ledger entry"):
        busy.version("churn:1")


def test_every_flipped_byte_of_a_segment_is_found(busy: Registry) -> None:
    path = busy.settings.store / "ledger" / "00000000.jsonl"
    content = path.read_bytes()
    for place in range(0, len(content), 97):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])

        assert busy.verify().problems, f"byte {place}"

    path.write_bytes(content)
    assert busy.verify().problems == ()


def test_every_flipped_byte_of_the_checkpoint_is_found(busy: Registry) -> None:
    path = busy.settings.store / "ledger" / "checkpoint"
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])

        assert busy.verify().problems, f"byte {place}"


def test_every_flipped_byte_of_every_object_is_found(busy: Registry) -> None:
    for path in sorted((busy.settings.store / "objects").rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        place = len(content) // 2
        path.chmod(0o644)
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])

        named = [problem.place for problem in busy.verify(objects=True).problems]

        assert f"object sha256:{path.parent.name}{path.name}" in named
        path.write_bytes(content)
    assert busy.verify(objects=True).problems == ()


def test_an_object_that_is_gone_is_named(busy: Registry) -> None:
    path = next(p for p in (busy.settings.store / "objects").rglob("*") if p.is_file())
    path.unlink()

    assert busy.verify(objects=True).problems


def test_raw_flips_in_the_database_file_are_reported_or_change_no_answer(
    busy: Registry,
) -> None:
    reopened(busy)
    path = database(busy)
    expected = answers(reopened(busy))
    content = path.read_bytes()
    for place in range(0, len(content), 499):
        for leftover in path.parent.glob("cairn.db-*"):
            leftover.unlink()
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])

        assert silent_and_same(busy, expected), f"byte {place}"


def silent_and_same(registry: Registry, expected: list[str]) -> bool:
    """Open and ask everything: wrong answers are allowed only where something is reported."""
    try:
        opened = open_registry(registry.settings.folder)
    except Exception as error:  # noqa: BLE001 (whatever the file has become)
        return type(error).__module__ == "cairn.core.errors"
    try:
        return bool(opened.verify().problems) or answers(opened) == expected
    except Exception as error:  # noqa: BLE001
        return type(error).__module__ == "cairn.core.errors"
    finally:
        assert isinstance(opened.engine, LocalEngine)
        opened.engine.store.database.close()


def answers(registry: Registry) -> list[str]:
    """Ask a registry everything that it can be asked."""
    return [
        repr(registry.versions()),
        repr(registry.history("churn@production")),
        repr(registry.history("churn@archived")),
        repr(registry.snapshots()),
        repr(registry.decisions("churn@production")),
        repr(registry.policies("churn@production")),
        repr(registry.version("churn@production")),
        repr(registry.engine.send(ReadLedger())),
        repr(registry.engine.send(GetCheckpoint())),
    ]


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
    change = {"model": first.model, "version": first.digest, "expecting": Anyone()}
    registry.engine.send(MoveLabel(label="staging", change_id="ab" * 16, **change))

    with pytest.raises(Conflict, match="used before for another request"):
        registry.engine.send(MoveLabel(label="canary", change_id="ab" * 16, **change))


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
