"""How a change is made: by whom it is asked, what it takes, and for how long others wait."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from cairn.core.digest import Digest
from cairn.core.errors import Corrupt, Forbidden
from cairn.core.label import Anyone, MoveLabel
from cairn.core.ledger import Actor, GetCheckpoint, ReadLedger
from cairn.core.version import GetVersion, MarkBad
from cairn.engine.handlers import HANDLERS
from cairn.engine.local import LocalEngine
from cairn.engine.who import Who
from cairn.objects import ObjectStore
from cairn.registry import Registry
from cairn.sql.database import Database, Transaction
from projects.store import MODEL, register

PATIENCE_SECONDS = 20
BO = Who(Actor(id="bo", assurance="os-user"), team="risk")


def engine_of(registry: Registry) -> LocalEngine:
    assert isinstance(registry.engine, LocalEngine)
    return registry.engine


def reads(permission: str) -> bool:
    return permission.endswith(":read")


def test_who_asks_comes_with_the_request(registry: Registry) -> None:
    version, engine = register(registry), engine_of(registry)

    engine.answer(MarkBad(model=MODEL, version=version.digest, reason="slow"), BO)
    register(registry, "b")

    marked, registered = engine.send(ReadLedger())[-2:]
    assert (marked.actor.id, marked.team, marked.reason) == ("bo", "risk", "slow")
    assert (registered.actor.id, registered.team) == ("ada", "default")


def test_what_the_asker_may_not_do_is_refused_and_nothing_is_recorded(
    registry: Registry,
) -> None:
    version, engine = register(registry), engine_of(registry)
    reader = replace(BO, may=reads)
    before = engine.send(GetCheckpoint())

    with pytest.raises(Forbidden, match="bo lacks the permission label:move"):
        engine.answer(
            MoveLabel(model=MODEL, label="dev", version=version.digest, expecting=Anyone()),
            reader,
        )

    assert engine.send(GetCheckpoint()) == before
    assert engine.answer(GetVersion(reference="default/churn:1"), reader) == version


def test_whoever_may_nothing_gets_no_answer_to_any_request(registry: Registry) -> None:
    asked: list[str] = []

    def refuse(permission: str) -> bool:
        asked.append(permission)
        return False

    engine, nobody = engine_of(registry), replace(BO, may=refuse)

    for handler in HANDLERS.values():
        with pytest.raises(Forbidden):
            nobody.require(handler.permission)
    with pytest.raises(Forbidden):
        engine.answer(GetCheckpoint(), nobody)

    assert len(asked) == len(HANDLERS) + 1
    assert all(noun.islower() and verb for noun, _, verb in (p.partition(":") for p in asked))


def test_others_write_while_weights_are_read(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(registry)
    check, read = ObjectStore.check, list[Digest]()

    def checked(objects: ObjectStore, digest: Digest) -> int:
        read.append(digest)
        with ThreadPoolExecutor(1) as other:
            other.submit(mark, registry).result(PATIENCE_SECONDS)
        return check(objects, digest)

    monkeypatch.setattr(ObjectStore, "check", checked)
    registry.promote("churn:1", "dev")

    assert len(read) == 1


def mark(registry: Registry) -> None:
    with engine_of(registry).store.database.writing() as tx:
        tx.run("version_archive", model=MODEL, number=1, archived=0)


def test_weights_are_held_before_they_are_read(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(registry)
    hold, check, order = ObjectStore.hold, ObjectStore.check, list[str]()

    def held(objects: ObjectStore) -> None:
        order.append("held")
        hold(objects)

    def checked(objects: ObjectStore, digest: Digest) -> int:
        order.append("read")
        return check(objects, digest)

    monkeypatch.setattr(ObjectStore, "hold", held)
    monkeypatch.setattr(ObjectStore, "check", checked)
    registry.promote("churn:1", "dev")

    assert order == ["held", "read"]


def test_a_rollback_that_another_comes_before_looks_at_its_new_target(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for weights in "abc":
        registry.promote(register(registry, weights).name, "dev")
    check, read = ObjectStore.check, list[Digest]()

    def checked(objects: ObjectStore, digest: Digest) -> int:
        read.append(digest)
        if len(read) == 1:
            registry.rollback("churn@dev")
        return check(objects, digest)

    monkeypatch.setattr(ObjectStore, "check", checked)
    registry.rollback("churn@dev")

    live = registry.live("churn@dev")
    assert live is not None
    assert live.number == 1
    assert len(set(read)) == 2


def test_damaged_weights_move_nothing(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(registry)

    def damaged(objects: ObjectStore, digest: Digest) -> int:
        del objects
        raise Corrupt(f"{digest} is damaged")

    monkeypatch.setattr(ObjectStore, "check", damaged)
    with pytest.raises(Corrupt, match="is damaged"):
        registry.promote("churn:1", "dev")

    assert registry.live("churn@dev") is None


def test_a_change_takes_one_turn_to_write(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, turns = register(registry), 0
    writing = Database.writing

    @contextmanager
    def counted(database: Database) -> Generator[Transaction]:
        nonlocal turns
        turns += 1
        with writing(database) as tx:
            yield tx

    monkeypatch.setattr(Database, "writing", counted)
    registry.promote(version.name, "dev")

    assert turns == 1
