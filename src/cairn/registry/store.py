"""The whole store: what nothing needs is swept, and everything can be verified."""

from time import time

from cairn.core.ledger import Verification, VerifyStore
from cairn.core.sweep import ListKept, RecordSweep, Sweep
from cairn.objects.upkeep.sweep import SAFE, Ages
from cairn.project import Project


class WithStore(Project):
    """What is done with a store as a whole."""

    def sweep(self, *, carry_out: bool, ages: Ages = SAFE, reason: str = "") -> Sweep:
        """Decide which packs of bytes nothing needs; bury and remove them if told to.

        Raises `Corrupt` while anything that is needed cannot be read.
        """
        reclaimer = self.objects.reclaimer()
        with self.objects.unjoined():
            found = reclaimer.survey(
                lambda: self.engine.send(ListKept()), now=time(), ages=ages
            )
            sweep = found.told()
            if carry_out and sweep.changes:
                digest = self.objects.put_record(sweep)
                self.engine.send(RecordSweep(sweep=digest, reason=reason))
            if carry_out:
                reclaimer.carry_out(found.fates, now=time())
        return sweep

    def verify(self, *, objects: bool = False, against: str = "") -> Verification:
        """Check the ledger and every view of it; with `objects` every stored byte."""
        return self.engine.send(VerifyStore(objects=objects, against=against))
