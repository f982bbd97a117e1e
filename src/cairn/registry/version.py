"""Versions: compared, released, marked, loaded, verified, put away."""

from collections.abc import Collection
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from cairn.core.comparison import Comparison
from cairn.core.difference import VersionDiff
from cairn.core.digest import Digest
from cairn.core.errors import NotFound
from cairn.core.version import (
    DeleteVersion,
    Manifest,
    MarkBad,
    ReleaseVersion,
    Version,
    parse_release,
)
from cairn.project import Project

if TYPE_CHECKING:
    from cairn.capture.project.tag import Tag
    from cairn.data.features import FeatureSkew, RowSkew
    from cairn.served import Served


class WithVersions(Project):
    """What is done with versions."""

    def diff(self, before: str, after: str) -> VersionDiff:
        """List what differs between two versions, in whatever they are made of."""
        from cairn.data.version_diff import diff_versions

        return diff_versions(self, self.version(before), self.version(after))

    def compare(
        self,
        candidate: str,
        live: str,
        *,
        on: str | None = None,
        metric: str | None = None,
        examples: int = 10,
    ) -> Comparison:
        """Compare predictions row by row, on a snapshot or on what `cairn.toml` names.

        Groups are compared by `metric`, and so many `examples` of rows are given.
        """
        from cairn.gates.compare import compare

        ours, theirs = self.version(candidate), self.version(live)
        return compare(self, ours, theirs, on=on, metric=metric, examples=examples)

    def release(
        self,
        version: str,
        *,
        release: str | None = None,
        part: str = "minor",
        allow_dirty: bool = False,
    ) -> Version:
        """Give a version its semantic release number: this one, or the next of its `part`.

        Raises `Refused` for code with uncommitted changes unless `allow_dirty` is set.
        """
        if release is not None:
            parse_release(release)
        found = self.version(version)
        return self.engine.send(
            ReleaseVersion(
                model=found.model,
                version=found.digest,
                release=release,
                part=part,  # pyright: ignore[reportArgumentType] (checked by the engine)
                allow_dirty=allow_dirty,
            )
        )

    def tag(self, version: str, *, sign: bool = False) -> "Tag":
        """Write the git tag of a release; with `sign` git signs it."""
        from cairn.capture.project.tag import tag_release

        return tag_release(self, self.version(version), sign=sign)

    def mark_bad(self, version: str, *, reason: str) -> Version:
        """Never roll back to this version again until it passes a gate afresh."""
        found = self.version(version)
        asked = MarkBad(model=found.model, version=found.digest, reason=reason)
        return self.engine.send(asked)

    def delete(self, version: str, *, reason: str) -> Version:
        """Put a tombstone on a version that nothing holds."""
        found = self.version(version)
        asked = DeleteVersion(model=found.model, version=found.digest, reason=reason)
        return self.engine.send(asked)

    def load(self, version: str, *, trust: bool = False, files: bool = False) -> "Served":
        """Load a version's model, every byte verified first.

        The label is resolved to a digest once, and that is what gets loaded. `trust` loads
        what can run code, `files` gives a folder of what Cairn does not load (`served.py`).
        """
        from cairn.served import serve

        return serve(self.objects, self.version(version), trust=trust, files=files)

    def verify_version(
        self, version: str, *, without: Collection[Digest] = ()
    ) -> tuple[int, int]:
        """Re-hash what a version is made of, `without` some; returns objects and bytes.

        Raises `Corrupt` or `NotFound` naming the first file or record that is not as recorded.
        """
        from cairn.objects.closure import Need, check_parts
        from cairn.objects.excusing import Excusing

        found = self.version(version)
        manifest = Need(f"the manifest of {found.name}", found.digest, Manifest)
        return check_parts(Excusing(self.objects, frozenset(without)), manifest)

    def verify_predictions(self, version: str) -> Version:
        """Load a version and score its golden rows; `Refused` unless it predicts the same."""
        from cairn.capture.models.checks import load_back

        found = self.version(version)
        artifacts = found.manifest.artifacts
        if artifacts is None or artifacts.golden is None:
            raise NotFound(f"{found.name} has no golden predictions to score again")
        load_back(self.objects, artifacts)
        return found

    def check_features(
        self, version: str, folder: str | PathLike[str] | None = None
    ) -> "FeatureSkew":
        """Compare feature files in a folder, by default the project, with a version's."""
        from cairn.data.features import check_features

        return check_features(self, version, Path(folder or self.settings.folder))

    def check_rows(self, version: str, rows: str | PathLike[str]) -> "RowSkew":
        """Compare logged requests, CSV or Parquet, with a version's training data."""
        from cairn.data.features import check_rows

        return check_rows(self, version, Path(rows))
