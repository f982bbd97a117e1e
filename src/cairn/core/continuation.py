"""Continuation: a ledger goes on under another key, and an entry of it says so.

1. Entries before it keep their checkpoints, signed by the old key; later ones are signed by
   the new key. So a ledger has *epochs*, and every checkpoint belongs to one.
2. The entry holds the last checkpoint of the old key over all that came before. Nobody who
   lacks that key can change what came before and go on.
3. With the same id the key was replaced; with another id it is a new origin: a store that was
   restored, or one of two copies that were both written to.
"""

from collections.abc import Iterable
from typing import NamedTuple

from cairn.core.errors import Corrupt
from cairn.core.ledger import Entry
from cairn.core.request import Record

CONTINUED = "ledger.continue"
SUBJECT = "ledger"


class Epoch(NamedTuple):
    """The checkpoints over more than `after` entries are signed by `log`, a public key."""

    after: int
    log: str

    @property
    def origin(self) -> str:
        """Name the ledger as its checkpoints do."""
        return self.log.partition("+")[0]


class Continued(Record, frozen=True):
    """What a ledger goes on as; `handed_over` if the holder of the old key signed for it."""

    log: str
    before: str
    entries: int
    handed_over: bool


def epochs(log: str, continuations: Iterable[Entry]) -> tuple[Epoch, ...]:
    """List the epochs of a ledger, whose key is `log` now, from its continuations.

    Raises `Corrupt` unless they lead from key to key, and to `log`.
    """
    found: list[Epoch] = []
    for entry in continuations:
        before, after = str(entry.before["log"]), str(entry.after["log"])
        if found and found[-1].log != before:
            raise Corrupt(f"ledger entry {entry.seq} continues another ledger: {before}")
        found += [] if found else [Epoch(0, before)]
        found.append(Epoch(entry.seq, after))
    if found and found[-1].log != log:
        raise Corrupt(
            f"the ledger goes on as {found[-1].origin}, and the store is another one"
        )
    return tuple(found) or (Epoch(0, log),)


def epoch_of(found: Iterable[Epoch], size: int) -> Epoch:
    """Return the epoch of a checkpoint over so many entries."""
    return [epoch for epoch in found if epoch.after < size or epoch.after == 0][-1]


def handover_text(before: str, after: str, checkpoint: str) -> str:
    """Write what the holder of the old key signs: both keys, and the checkpoint's text."""
    return f"cairn handover/1\n{before}\n{after}\n{checkpoint}"
