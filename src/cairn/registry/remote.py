"""Remotes: versions and data go elsewhere and come back."""

from os import PathLike, fspath

from cairn.core.export import Exported
from cairn.core.transfer import Transferred
from cairn.project import Project


class WithRemotes(Project):
    """What is done with other places."""

    def export(self, version: str, to: str | PathLike[str]) -> Exported:
        """Write a version's files, verified, with checksums, below a folder or bucket."""
        from cairn.data.export import export_to

        return export_to(self, self.version(version), fspath(to))

    def push(self, remote: str | None = None, *references: str) -> Transferred:
        """Copy snapshots and versions, all or those named, to a remote (`origin`)."""
        from cairn.data.remotes.transfer import push

        return push(self, remote, references)

    def pull(self, remote: str | None = None, *references: str) -> Transferred:
        """Copy snapshots and versions from a remote, every byte verified; no label moves."""
        from cairn.data.remotes.transfer import pull

        return pull(self, remote, references)
