"""Remotes: versions and data go elsewhere and come back."""

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from cairn.core.errors import Invalid
from cairn.core.export import Exported
from cairn.core.remote import TrustedLedger
from cairn.core.snapshot import Keeping
from cairn.core.transfer import Transferred
from cairn.project import Project

if TYPE_CHECKING:
    from cairn.data.remotes.remote import RemoteCheck, RemoteMending
    from cairn.integrations.dvc.report import Adoption
    from cairn.objects.folders.tree import Progress
    from cairn.objects.upkeep.fsck import Depth


class WithRemotes(Project):
    """What is done with other places."""

    def export(self, version: str, to: str | PathLike[str]) -> Exported:
        """Write a version's files, verified, with checksums, below a folder or bucket."""
        from cairn.data.export import export_to

        return export_to(self, self.version(version), fspath(to))

    def push(
        self,
        remote: str | None = None,
        *references: str,
        dry_run: bool = False,
        plain: bool = False,
        on_progress: "Progress | None" = None,
    ) -> Transferred:
        """Copy snapshots and versions, all or those named, to a remote (`origin`).

        `plain` sends what is encrypted here in the open; `dry_run` sends nothing.
        """
        from cairn.data.remotes.transfer import push

        return push(
            self, remote, references, dry_run=dry_run, plain=plain, on_progress=on_progress
        )

    def pull(
        self,
        remote: str | None = None,
        *references: str,
        dry_run: bool = False,
        on_progress: "Progress | None" = None,
    ) -> Transferred:
        """Copy snapshots and versions from a remote, every byte verified; no label moves."""
        from cairn.data.remotes.transfer import pull

        return pull(self, remote, references, dry_run=dry_run, on_progress=on_progress)

    def trust(self, origin: str, *, key: str = "", remote: str | None = None) -> TrustedLedger:
        """Pin the key of another store's ledger: this one, or the one that a remote shows."""
        from cairn.data.remotes.foreign_keys import key_there, pin
        from cairn.data.remotes.refs import open_remote

        log = key or key_there(open_remote(self.settings, remote, to_write=False), origin)
        if log.partition("+")[0] != origin:
            raise Invalid(f"{log!r} is not a key of {origin}: it would begin with {origin}+")
        return pin(self, log)

    def check_remote(
        self,
        remote: str,
        depth: "Depth",
        *,
        share: float = 0.0,
        on_progress: "Progress | None" = None,
    ) -> "RemoteCheck":
        """Check the bytes at a remote, who vouches for what is there, and what is missing."""
        from cairn.data.remotes.remote import check_remote

        return check_remote(self, remote, depth, share=share, on_progress=on_progress)

    def mend_remote(self, checked: "RemoteCheck") -> "RemoteMending":
        """Move damage at a remote aside, and send again what this store has."""
        from cairn.data.remotes.remote import mend_remote

        return mend_remote(self, checked)

    def adopt_dvc(
        self,
        start: str | PathLike[str],
        *,
        mode: Keeping = "pin",
        on_progress: "Progress | None" = None,
    ) -> "Adoption":
        """Take over the DVC project in or above `start`, in place: data, models, history."""
        from cairn.integrations.dvc.adopt import adopt

        return adopt(self, Path(start), mode=mode, on_progress=on_progress)
