"""What holds of the project of `faults/changes.py` whatever went wrong while it ran."""

from pathlib import Path

from cairn.core.label import Anyone, MoveLabel
from cairn.engine.local import LocalEngine
from cairn.registry import Registry
from projects.store import MODEL, open_registry, register


def check(folder: Path, acked: list[str], where: str) -> None:
    """The store is whole, what was answered is there, and the same can be done again."""
    registry = open_registry(folder)
    assert registry.verify(objects=True).problems == (), where
    numbers = {version.number for version in registry.versions()}
    live = registry.version("churn@production").number
    assert numbers in ({1, 2}, {1, 2, 3}), where
    assert "register" not in acked or 3 in numbers, where
    allowed = {"rollback": {1}, "promote": {1, 2}}
    assert live in next((allowed[step] for step in reversed(acked) if step in allowed), {1, 2})
    again(registry)
    assert registry.verify(objects=True).problems == (), where
    close(registry)


def again(registry: Registry) -> None:
    """Do the same once more, undisturbed."""
    assert register(registry, "third").number == 3
    second = registry.version("churn:2")
    if second.labels != ("production",):
        registry.engine.send(
            MoveLabel(
                model=MODEL,
                label="production",
                version=second.digest,
                expecting=Anyone(),
                reason="once more",
                ungated=True,
            )
        )
    assert registry.rollback("churn").number == 1


def close(registry: Registry) -> None:
    assert isinstance(registry.engine, LocalEngine)
    registry.engine.store.database.close()
