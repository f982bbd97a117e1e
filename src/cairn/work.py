"""The work that stands above the registry, as its methods ask for it.

`Registry` is handed a `Workbench` when it is opened, so that `registry.snapshot(...)` can
read files and `registry.promote(...)` can measure models while imports point down.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from cairn.core.comparison import Comparison
from cairn.core.difference import VersionDiff
from cairn.core.errors import CairnError
from cairn.core.evaluation import EvaluationInfo
from cairn.core.export import Exported
from cairn.core.gate import Policy
from cairn.core.name import LabelName, ModelName
from cairn.core.run import Scalar
from cairn.core.snapshot import Keeping, Sampling, SnapshotInfo
from cairn.core.transfer import Transferred
from cairn.core.version import Version
from cairn.objects.folders.tree import Progress

Asking_contra = TypeVar("Asking_contra", contravariant=True)
"""The registry that asks: it stands above this module."""


class Wish(NamedTuple):
    """What is asked of data beside the data itself; most of it is for some kinds only.

    `order` are the columns that tell the rows of a query apart, and `()` any order; `ray` is
    the address of a cluster that reads a bucket. `on_unread` is told of each file that was
    frozen and not read as the table that its name says.
    """

    name: str | None = None
    mode: Keeping = "copy"
    order: tuple[str, ...] | None = None
    parameters: Mapping[str, Scalar] = {}
    sampling: Sampling | None = None
    tag: str = ""
    ray: str = ""
    on_progress: Progress | None = None
    on_unread: Callable[[CairnError], None] | None = None


class Workbench(Protocol[Asking_contra]):
    """The work above the registry that its methods need."""

    def snapshot(self, registry: Asking_contra, data: object, wish: Wish) -> SnapshotInfo:
        """Store the data and record the snapshot."""
        ...

    def evaluate(
        self, registry: Asking_contra, version: Version, *, on: str
    ) -> EvaluationInfo:
        """Score a version on a snapshot and record the predictions."""
        ...

    def measure(self, registry: Asking_contra, version: Version, *, label: LabelName) -> None:
        """Measure whatever the policy of `label` needs and is not stored yet."""
        ...

    def read_policy(self, registry: Asking_contra, path: Path, model: ModelName) -> Policy:
        """Read a policy file, and pin what it names."""
        ...

    def compare(
        self, registry: Asking_contra, candidate: Version, live: Version, *, on: str | None
    ) -> Comparison:
        """Compare what two versions predict, row by row."""
        ...

    def diff(self, registry: Asking_contra, before: Version, after: Version) -> VersionDiff:
        """List what differs between two versions."""
        ...

    def export(self, registry: Asking_contra, version: Version, to: str) -> Exported:
        """Write a version to a folder or bucket."""
        ...

    def push(
        self, registry: Asking_contra, remote: str | None, references: Sequence[str]
    ) -> Transferred:
        """Copy snapshots and versions to a remote."""
        ...

    def pull(
        self, registry: Asking_contra, remote: str | None, references: Sequence[str]
    ) -> Transferred:
        """Copy snapshots and versions from a remote."""
        ...
