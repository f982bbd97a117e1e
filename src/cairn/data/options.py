"""How data are to be frozen."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cairn.core.errors import CairnError
from cairn.core.run import Scalar
from cairn.core.snapshot import Keeping, Sampling
from cairn.objects.folders.tree import Progress


class Options(NamedTuple):
    """What is said of data beside the data itself; most of it is for some kinds only.

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
