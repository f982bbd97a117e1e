"""The registry people call: each method hands its work to a room below.

A noun has a file here, and `Registry` is all of them. What is heavy is imported where it is
used: most commands load no model and read no table.
"""

from cairn.registry.approval import WithApprovals
from cairn.registry.erasure import WithErasures
from cairn.registry.gate import WithGates
from cairn.registry.label import WithLabels
from cairn.registry.ledger import WithLedger
from cairn.registry.remote import WithRemotes
from cairn.registry.run import WithRuns
from cairn.registry.snapshot import WithSnapshots
from cairn.registry.store import WithStore
from cairn.registry.version import WithVersions

__all__ = ["Registry"]


class Registry(
    WithSnapshots,
    WithRuns,
    WithVersions,
    WithLabels,
    WithGates,
    WithApprovals,
    WithRemotes,
    WithErasures,
    WithLedger,
    WithStore,
):
    """Models, versions, gates and labels behind one engine; objects beside it."""

    def __repr__(self) -> str:
        """Say which project it is of."""
        return f"<cairn.Registry of {self.settings.folder}>"
