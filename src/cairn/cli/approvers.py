"""Who agreed, in words: name, key, time and reason."""

from cairn.cli.text import moment, one_line
from cairn.core.approval import Given
from cairn.core.digest import Digest
from cairn.core.label import Move
from cairn.registry import Registry


def of_decision(registry: Registry, decision: Digest) -> tuple[Given, ...]:
    """Read who agreed to a decision, whatever came of it."""
    return registry.approvers(decision)


def of_move(registry: Registry, move: Move) -> tuple[Given, ...]:
    """Read whose approvals a move had; a rollback asks nobody, nor does an override."""
    if move.kind != "promote" or move.decision is None:
        return ()
    return registry.approvers(move.decision, move=move.seq)


def row(given: Given) -> tuple[str, str, str]:
    """Give the cells of a table: who, when, why."""
    return given.name, moment(given.at), given.reason or "-"


def line(given: Given) -> str:
    """Tell it in one line."""
    who, when, why = row(given)
    return f"{who}, {when}: {one_line(why)}"
