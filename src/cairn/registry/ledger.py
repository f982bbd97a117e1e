"""The ledger: read, proved, verified."""

from collections.abc import Iterator

from cairn.core.ledger import (
    Checkpoint,
    Entry,
    GetCheckpoint,
    InclusionProof,
    ProveEntry,
    ReadLedger,
    Verification,
    VerifyStore,
)
from cairn.listed import ledger_entries
from cairn.project import Project


class WithLedger(Project):
    """What is done with the ledger."""

    def entries(self, *, subject: str = "", action: str = "") -> Iterator[Entry]:
        """Read every entry of the ledger about a subject, or of an action, oldest first."""
        return ledger_entries(self.engine, subject=subject, action=action)

    def log(
        self, *, subject: str = "", action: str = "", limit: int = 50
    ) -> tuple[Entry, ...]:
        """Read the last entries, oldest first."""
        asked = ReadLedger(subject=subject, action=action, limit=limit, newest=True)
        return self.engine.send(asked)

    def checkpoint(self) -> Checkpoint:
        """Read the newest signed checkpoint; keep it outside of the store."""
        return self.engine.send(GetCheckpoint())

    def prove(self, entry: int) -> InclusionProof:
        """Prove that an entry is in the ledger."""
        return self.engine.send(ProveEntry(seq=entry))

    def verify(self, *, objects: bool = False, against: str = "") -> Verification:
        """Check the ledger and every view of it; with `objects` every stored byte."""
        return self.engine.send(VerifyStore(objects=objects, against=against))
