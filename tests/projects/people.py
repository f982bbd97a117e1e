"""People at one store: each with a name and a key, who promote, approve, override, review."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from cairn import identity
from cairn.core.approval import Approval, ApprovalInfo, Approvals, Approve, ListApprovals
from cairn.core.check import Floor
from cairn.core.digest import Digest
from cairn.core.errors import Pending
from cairn.core.gate import JudgeGate, Policy, PolicyInfo
from cairn.core.label import Anyone, Move, MoveLabel
from cairn.core.ledger import Actor, Signed
from cairn.core.override import Override
from cairn.core.request import Record
from cairn.engine.local import LocalEngine
from cairn.engine.who import Who, unsigned
from cairn.registry import Registry
from projects.store import MODEL, Clock, Measured, evaluate, register
from scores.scored import spread

FLOOR = Floor(id="floor", metric="roc_auc", value=0.6)
Becomes = Callable[[str], "Person"]


class Person:
    """Somebody at the same store, with a name and a key of their own."""

    def __init__(self, registry: Registry, name: str, *, key: Path, clock: Clock) -> None:
        self.name, self._key = name, key
        assert isinstance(registry.engine, LocalEngine)
        self.verifier = identity.create(key, name).verifier if not key.exists() else ""
        with self.acting():
            self.verifier = identity.public()
        engine = LocalEngine(
            registry.engine.store,
            Who(
                Actor(id=name, assurance="os-user"),
                key=lambda: self.verifier,
                sign=self._signature,
            ),
            clock=clock,
        )
        self.registry = Measured(engine, registry.objects, settings=registry.settings)

    def acting(self) -> mock._patch_dict:
        """Sign with this person's key."""
        return mock.patch.dict("os.environ", {"CAIRN_KEY": str(self._key)})

    def claims(self, other: "Person", *, signs: bool) -> None:
        """Write another's key into what this person does, as a changed Cairn can."""
        engine = self.registry.engine
        assert isinstance(engine, LocalEngine)
        engine.who = replace(engine.who, key=lambda: other.verifier)
        if not signs:
            engine.who = replace(engine.who, sign=unsigned)

    def _signature(self, text: str) -> str:
        with self.acting():
            return identity.signature(text)

    def sign(self, claim: Record) -> Signed:
        """Sign a claim."""
        with self.acting():
            return identity.sign(claim)

    def approve(self, subject: Digest, reason: str = "looked at it") -> ApprovalInfo:
        """Agree."""
        given = self.sign(Approval(subject=subject, reason=reason))
        return self.registry.engine.send(Approve(subject=subject, signed=given, reason=reason))

    def override(self, version: str, reason: str) -> Move:
        """Move production against the gate."""
        found, send = self.registry.version(version), self.registry.engine.send
        judged = send(JudgeGate(model=MODEL, label="production", version=found.digest))
        return send(
            MoveLabel(
                model=MODEL,
                label="production",
                version=found.digest,
                expecting=Anyone(),
                reason=reason,
                decision=judged.digest,
                override=self.sign(Override(decision=judged.digest, reason=reason)),
            )
        )


def bind(
    registry: Registry,
    rule: Approvals | None,
    *,
    override: tuple[str, ...] = (),
    authors: tuple[str, ...] = (),
    label: str = "production",
) -> PolicyInfo:
    """Bind a policy of one floor to a label."""
    policy = Policy(
        evaluation=registry.find_snapshot("test").digest,
        checks=(FLOOR,),
        bootstrap="floors_only",
        approvals=rule,
        override=override,
        authors=authors,
    )
    return registry.set_policy(f"churn@{label}", policy)


def asks(who: Person, *, version: str = "churn:1") -> Digest:
    """Promote, and see that people are asked; returns what for."""
    with pytest.raises(Pending):
        who.registry.promote(version)
    return who.registry.engine.send(ListApprovals())[0].subject


def worked_on(who: Person, weights: str, *, skill: float) -> str:
    """Register a version and what it predicted; returns its name."""
    version, test_set = register(who.registry, weights), who.registry.find_snapshot("test")
    evaluate(who.registry, version, spread(500, skill=skill, seed=1), on=test_set)
    return version.name


def passing(who: Person, become: Becomes, version: str) -> None:
    """Promote a version that two people agree to."""
    subject = asks(who, version=version)
    for name in ("bo", "cy"):
        become(name).approve(subject)
    who.registry.promote(version)


def live(who: Person) -> int | None:
    held = who.registry.live("churn@production")
    return held.number if held else None
