"""Whoever changes a stored byte behind the ledger's back is found."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.core.errors import Corrupt
from cairn.engine.local import LocalEngine
from cairn.objects.folders.tree import tree_objects
from cairn.registry import Registry
from harm import packed
from projects.store import Clock, answers, open_registry, register

ENGINES = ("local",)
"""These look into the file of the database."""


def database(registry: Registry) -> Path:
    return registry.settings.store / "cairn.db"


def reopened(registry: Registry) -> Registry:
    engine = registry.engine
    assert isinstance(engine, LocalEngine)
    engine.store.database.close()
    return open_registry(registry.settings.folder, clock=Clock())


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


@pytest.mark.parametrize(
    "change", ["UPDATE ledger_head SET entries = 1", "DELETE FROM ledger_head"]
)
def test_no_number_is_given_twice_where_the_count_of_entries_was_changed(
    registry: Registry, change: str
) -> None:
    for weights in "ab":
        register(registry, weights)
    with sqlite3.connect(database(registry)) as connection:
        connection.execute(change)

    with pytest.raises(Corrupt, match=r"how many ledger entries .* `cairn rebuild --yes`"):
        register(registry, "c")

    assert registry.verify().problems != ()


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
    store = busy.settings.store / "objects"
    for digest in list(busy.objects.digests()):
        content = packed.read(store, digest)
        packed.flip(store, digest, at=len(content) // 2)

        named = [problem.place for problem in busy.verify(objects=True).problems]

        assert f"object {digest}" in named
        packed.overwrite(store, digest, content)
    assert busy.verify(objects=True).problems == ()


def test_any_object_that_is_gone_is_named_unless_a_deleted_version_alone_had_it(
    busy: Registry, tmp_path: Path
) -> None:
    store = busy.settings.store / "objects"
    shutil.copytree(store, tmp_path / "whole")
    unnamed: set[str] = set()
    for digest in list(busy.objects.digests()):
        packed.remove(store, digest)
        if digest not in str(busy.verify(objects=True).problems):
            unnamed.add(digest)
        shutil.rmtree(store)
        shutil.copytree(tmp_path / "whole", store)

    deleted = busy.version("churn:4").manifest
    assert deleted.artifacts is not None
    weights = {*tree_objects(busy.objects, deleted.artifacts.tree)}
    assert unnamed == {*weights, *deleted.evaluations}


@pytest.mark.costly("asks a whole store after each of hundreds of flips")
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
    except Exception as error:  # noqa: BLE001 (whatever comes is judged below)
        return type(error).__module__ == "cairn.core.errors"
    finally:
        assert isinstance(opened.engine, LocalEngine)
        opened.engine.store.database.close()
