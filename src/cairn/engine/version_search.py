"""Lists versions: tables answer what they hold, and the rest is asked of each version."""

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from itertools import islice

from cairn.core.errors import Invalid, NotFound
from cairn.core.name import ModelName
from cairn.core.version import GetVersion, ListModels, ListVersions, Version
from cairn.engine import resolve, version
from cairn.engine.context import Context
from cairn.sql import search

LISTED = 8
"""How many known keys are named to somebody who asked for an unknown one."""


def every(context: Context, asked: ListVersions) -> tuple[Version, ...]:
    """Answer `ListVersions`."""
    before = None
    if asked.before is not None:
        last = resolve.get(context, GetVersion(reference=asked.before))
        before = version.registered(context, last)
    found = search.versions(asked.where, model=asked.model, before=before, limit=asked.limit)
    _require_keys(context, found.keys)
    tests = [_tagged(context, name, value) for name, value, _ in found.rest]
    wanted = [holds for *_, holds in found.rest]
    matching = (
        one
        for one in (version.read(context, row) for row in context.tx.select(*found[:2]))
        if [test(one) for test in tests] == wanted
    )
    return tuple(islice(matching, asked.limit))


def models(context: Context, asked: ListModels) -> tuple[ModelName, ...]:
    """Answer `ListModels`."""
    del asked
    return tuple(row.model for row in context.tx.all("version_models"))


def _require_keys(context: Context, keys: Iterable[str]) -> None:
    """Raise `NotFound` for a key that no version has, unless there is no version at all."""
    for key in keys:
        names = search.spelled_as(key)
        if any(context.tx.one("version_has_value", name=name) for name in names):
            continue
        known = [row[0] for row in context.tx.all("version_value_names")]
        if not known:
            continue
        alike = [name for name in known if name.split(".")[0] == key.split(".")[0]]
        near = get_close_matches(key, known, n=1)
        said = f"the nearest is {near[0]}" if near else _listed(alike or known)
        raise NotFound(f"no version has {key}; {said}")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"there are {', '.join(names[:LISTED])}{more}"


def _tagged(context: Context, name: str, value: str) -> Callable[[Version], bool]:
    """Return what tells whether a version has a tag: it is approved, or made of a snapshot."""
    if name == "approved":
        from cairn.engine import approval

        agreed = approval.agreed(context)
        if value not in ("yes", "no"):
            raise Invalid(f'approved is "yes" or "no", not {value!r}')
        return lambda one: ((one.model, one.digest) in agreed) == (value == "yes")
    if value.startswith("sha256:"):
        rows = context.tx.all("snapshot_by_digest", prefix=value)
    else:
        rows = context.tx.all("snapshot_every_named", name=value.removeprefix("snap:"))
    if not rows:
        raise NotFound(f"no snapshot is called {value}; `cairn snapshot list` shows all")
    digests = {row.digest for row in rows}
    return lambda one: any(given.snapshot in digests for given in one.manifest.inputs)
