"""What a scan can find, as values. Paths are relative to the project and escaped as in trees.

`at` says where in the text: `train.py:12`, or `train.ipynb:cell 3:2` for line 2 of the third
cell.
"""

from typing import Literal, get_args

from cairn.core.digest import Digest
from cairn.core.name import Text
from cairn.core.request import Record
from cairn.core.run import Scalar

FILE = "cairn.inventory.yaml"

Ingredient = Literal[
    "weights", "data", "code", "hyperparameters", "metrics", "environment", "seeds"
]
INGREDIENTS: tuple[Ingredient, ...] = get_args(Ingredient)

Provenance = Literal["found", "asserted-by-human"]
Tracking = Literal["tracked", "untracked", "no-repository", "unknown"]


class Weights(Record, frozen=True):
    """One file of weights. `digest` is None where the bytes are not here or cannot be read."""

    path: str
    format: str
    size_bytes: int
    digest: Digest | None = None
    note: Text = ""


class DataFile(Record, frozen=True):
    """A file that can hold training data, or a folder (`parts/`) with many of one format."""

    path: str
    format: str
    size_bytes: int
    files: int = 1


class DataRead(Record, frozen=True):
    """Data that code asks for by name: a path, an address, a table or an SQL query."""

    at: str
    kind: Literal["file", "location", "table", "query"]
    what: Text
    tables: tuple[str, ...] = ()


class Script(Record, frozen=True):
    """A place where training can start; `signs` say why it is believed to be one."""

    path: str
    kind: Literal["script", "notebook"]
    git: Tracking
    signs: tuple[Text, ...] = ()


class ConfigFile(Record, frozen=True):
    """A configuration file, and the hyperparameters that are set in it."""

    path: str
    settings: dict[str, Scalar] = {}


class HardCoded(Record, frozen=True):
    """A hyperparameter that is hard-coded in the source."""

    at: str
    name: str
    value: Scalar
    how: Text


class Metric(Record, frozen=True):
    """A number that says how good a model was; in prose it is what somebody remembers."""

    at: str
    name: str
    value: float
    provenance: Provenance


class EnvironmentFile(Record, frozen=True):
    """A file that says which software is needed; `exact` if it leaves no version open."""

    path: str
    kind: str
    exact: bool
    note: Text = ""


class SeedUse(Record, frozen=True):
    """A random generator in the source and the seed it gets; None is not a seed."""

    at: str
    generator: str
    value: str | None = None


class Unread(Record, frozen=True):
    """Something that the scan had to leave out, and why."""

    path: str
    reason: Text


Finding = (
    Weights
    | DataFile
    | DataRead
    | Script
    | ConfigFile
    | HardCoded
    | Metric
    | EnvironmentFile
    | SeedUse
    | Unread
)


Assertions = dict[Ingredient, tuple[Text, ...]]


class Captured(Record, frozen=True):
    """An ingredient that a captured run knows: the version that it made."""

    ingredient: Ingredient
    version: str


class Inventory(Record, frozen=True, tag_field="cairn", tag="inventory/1"):
    """Everything found in a project, and what people say about it."""

    asserted_by_human: Assertions = {}
    weights: tuple[Weights, ...] = ()
    data: tuple[DataFile, ...] = ()
    reads: tuple[DataRead, ...] = ()
    code: tuple[Script, ...] = ()
    configuration: tuple[ConfigFile, ...] = ()
    hard_coded: tuple[HardCoded, ...] = ()
    metrics: tuple[Metric, ...] = ()
    environment: tuple[EnvironmentFile, ...] = ()
    seeds: tuple[SeedUse, ...] = ()
    unread: tuple[Unread, ...] = ()
    captured: tuple[Captured, ...] = ()
