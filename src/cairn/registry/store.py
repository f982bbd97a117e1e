"""The whole store: looked at, mended, copied away, and swept of what nothing needs."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from cairn.core.digest import Digest
from cairn.core.ledger import Problem
from cairn.core.sweep import ListKept, RecordSweep, Sweep, WhyKept
from cairn.objects.upkeep.sweep import SAFE, Ages
from cairn.project import Project

if TYPE_CHECKING:
    from cairn.data.mend import Mending
    from cairn.data.move_objects import MovedObjects
    from cairn.engine.backup import BackedUp
    from cairn.inventory.status import Status
    from cairn.inventory.steps import Step
    from cairn.inventory.undo import WayBack
    from cairn.objects.folders.tree import Progress
    from cairn.objects.upkeep.fsck import Checked, Damage, Depth


class WithStore(Project):
    """What is done with a store as a whole."""

    def status(self) -> "Status":
        """Read what every label holds, and what waits for somebody."""
        from cairn.inventory.status import status

        return status(self)

    def steps(self) -> "tuple[Step, ...]":
        """Read the nine steps, done or to do."""
        from cairn.inventory.steps import steps

        return steps(self, self.settings.folder)

    def way_back(self) -> "WayBack | None":
        """Name the command that takes back the last change that can be taken back."""
        from cairn.inventory.undo import way_back

        return way_back(self)

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

    def why_kept(self, digest: Digest) -> str | None:
        """Read for whose sake an object stays; None if nothing needs it."""
        return self.engine.send(WhyKept(digest=digest))

    def check_objects(
        self, depth: "Depth", *, share: float = 0.0, on_progress: "Progress | None" = None
    ) -> "Checked":
        """Look at every pack of objects, as deep as `depth` says; `share` is for a sample."""
        checker = self.objects.checker()
        return checker.check(depth, share=share, on_progress=on_progress)

    def missing(self) -> tuple[Problem, ...]:
        """Find what is needed and not here."""
        from cairn.data.mend import missing

        return missing(self)

    def mend(self, damage: "Sequence[Damage]", copies: Sequence[str] = ()) -> "Mending":
        """Move damage aside, and bring back from other copies what is lost."""
        from cairn.data.mend import mend

        return mend(self, damage, copies)

    def back_up(
        self,
        folder: str | PathLike[str],
        *,
        passphrase: str = "",
        on_progress: "Progress | None" = None,
    ) -> "BackedUp":
        """Copy the whole store to a folder; with a passphrase its keys too, sealed."""
        from cairn.data.backup import back_up

        return back_up(self, Path(folder), passphrase=passphrase, on_progress=on_progress)

    def move_objects(
        self, to: str, *, source: str | None = None, on_progress: "Progress | None" = None
    ) -> "MovedObjects":
        """Copy every object to another place, verified, and let `cairn.toml` name it.

        `to` is the address of a bucket, or `store`. What lay elsewhere stays there; this
        registry goes on with the place that it was opened with.
        """
        from cairn.data.move_objects import move_objects

        return move_objects(self, to, source=source, on_progress=on_progress)
