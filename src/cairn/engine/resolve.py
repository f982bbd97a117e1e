"""Find the version that a reference means."""

from itertools import islice

from cairn.core import reference
from cairn.core.errors import Conflict, NotFound
from cairn.core.name import shown
from cairn.core.reference import (
    ByCommit,
    ByDigest,
    ByLabel,
    ByNumber,
    ByRelease,
    ByTag,
)
from cairn.core.version import GetVersion, Version
from cairn.engine import known_good, label_moves, version
from cairn.engine.context import Context


def get(context: Context, asked: GetVersion) -> Version:
    """Answer `GetVersion`: follow any form of reference to one version."""
    match reference.parse(asked.reference, team=context.team):
        case ByNumber(model=model, number=number):
            return version.by_number(context, model, number)
        case ByRelease() as release:
            return _released(context, release)
        case ByLabel() as held:
            return _held(context, held)
        case ByDigest(digits=digits):
            rows = context.tx.all("version_by_digest_prefix", prefix=f"sha256:{digits}")
        case ByCommit(digits=digits):
            rows = context.tx.all("version_by_commit", prefix=digits)
        case ByTag(tag=tag):
            return _tagged(context, tag)
    return version.one_of(rows, context, reference=asked.reference)


def _released(context: Context, asked: ByRelease) -> Version:
    row = context.tx.one("version_by_release", model=asked.model, release=asked.release)
    if row is None:
        raise NotFound(f"{shown(asked.model)} has no release {asked.release}")
    found = version.read(context, row)
    if asked.label is not None and asked.label not in found.labels:
        holds = ", ".join(found.labels) or "no label"
        raise Conflict(
            f"{found.name} is release {asked.release} but holds {holds}, not {asked.label}"
        )
    return found


def _held(context: Context, asked: ByLabel) -> Version:
    held = label_moves.current(context, asked.model, asked.label)
    if held is None:
        label_moves.require_label(context, asked.model, asked.label)
        raise NotFound(
            f"{asked.label} of {shown(asked.model)} holds nothing; "
            f"`cairn promote {shown(asked.model)}:N {asked.label}` sets it"
        )
    if asked.back == 0:
        return version.by_digest(context, asked.model, held.after)
    targets = tuple(islice(known_good.of(context, asked.model, asked.label), asked.back))
    if asked.back > len(targets):
        raise NotFound(
            f"{asked.label} of {shown(asked.model)} has {len(targets)} known-good "
            f"version{'s' if len(targets) != 1 else ''} before the live one, not {asked.back}"
        )
    return version.by_digest(context, asked.model, targets[asked.back - 1])


def _tagged(context: Context, tag: str) -> Version:
    """Find a release by its git tag: `churn-v1.4.0`, `risk/churn-v1.4.0` or `v1.4.0`."""
    name, _, release = tag.rpartition("v")
    rows = context.tx.all("version_released_as", release=release)
    if name.endswith("-"):
        model = reference.model_name(name[:-1], team=context.team)
        rows = [row for row in rows if row.model == model]
    return version.one_of(rows, context, reference=f"tag:{tag}")
