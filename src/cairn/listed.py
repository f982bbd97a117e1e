"""Lists that are read page by page to their end; versions as a notebook shows them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import msgspec

from cairn.core.card import card
from cairn.core.errors import Invalid
from cairn.core.ledger import Entry, ReadLedger
from cairn.core.request import Engine
from cairn.core.version import ListVersions, Version
from cairn.core.words import counted
from cairn.installed import installs

if TYPE_CHECKING:
    from pandas import DataFrame

PAGE = 1000


def ledger_entries(engine: Engine, *, subject: str = "", action: str = "") -> Iterator[Entry]:
    """Read every entry of the ledger about a subject, or of an action, oldest first."""
    asked = ReadLedger(subject=subject, action=action, limit=PAGE)
    while page := engine.send(asked):
        yield from page
        if len(page) < PAGE:
            return
        asked = msgspec.structs.replace(asked, start=page[-1].seq + 1)


class Versions(tuple[Version, ...]):
    """Versions in their order; `to_frame()` gives a row each."""

    __slots__ = ()

    @classmethod
    def read(cls, engine: Engine, asked: ListVersions, *, limit: int | None) -> Self:
        """Ask page after page until there are `limit` of them, or no more."""
        found: list[Version] = []
        while limit is None or len(found) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            page = engine.send(msgspec.structs.replace(asked, limit=size))
            found += page
            if len(page) < size:
                break
            asked = msgspec.structs.replace(
                asked, before=f"{page[-1].model}:{page[-1].number}"
            )
        return cls(found)

    def to_frame(self) -> "DataFrame":
        """Return a pandas DataFrame: what they are called, where they stand, each metric.

        A column a metric, `metrics.roc_auc`, and a parameter, `params.max_depth`, as filters
        call them. Raises `Invalid` if pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise Invalid(
                f"a data frame needs pandas, which is not installed: {installs('sklearn')}"
            ) from error
        return pd.DataFrame([_row(version) for version in self])

    def _repr_html_(self) -> str:
        return card(counted(len(self), "version"), [(one.name, _told(one)) for one in self])


def _row(version: Version) -> dict[str, Any]:
    manifest = version.manifest
    return {
        "name": version.name,
        "digest": version.digest,
        "registered_at": version.registered_at,
        "registered_by": version.registered_by,
        "labels": ", ".join(version.labels),
        "release": version.release,
        "complete": version.complete,
        **{f"metrics.{name}": value for name, value in sorted(manifest.metrics.items())},
        **{f"params.{name}": value for name, value in sorted(manifest.parameters.items())},
    }


def _told(version: Version) -> str:
    return f"{version.digest[:19]} {', '.join(version.labels)}".rstrip()
