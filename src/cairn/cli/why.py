"""The story of a version: what made it, and how it came to where it is."""

from collections.abc import Iterator

from msgspec import to_builtins
from msgspec.structs import replace

from cairn.cli import testimony
from cairn.cli.app import Shown
from cairn.cli.approvers import line as line_of
from cairn.cli.describe import origin_line
from cairn.cli.text import moment, one_line, short
from cairn.core.approval import Given
from cairn.core.ledger import Entry
from cairn.core.name import shown
from cairn.core.reproduction import RECORDED
from cairn.core.version import Version
from cairn.core.words import counted
from cairn.data.erasure import said_of
from cairn.engine import approval_case, gate, label_moves, override
from cairn.engine import version as version_entries
from cairn.registry import Registry

TOLD = {
    version_entries.REGISTERED: "was registered",
    version_entries.REMADE: "was made once more by run:{run:.12}",
    RECORDED: "was trained again by run:{run:.12}: {outcome}",
    version_entries.RELEASED: "was released as {release}",
    version_entries.MARKED: "was marked bad",
    version_entries.DELETED: "was deleted",
    gate.JUDGED: "was judged for {label}: {verdict}",
    gate.REFUSED: "was refused for {label}: {verdict}",
    approval_case.ASKED: "waited for people, who were asked about its {kind}",
    label_moves.MOVED: "took {label}",
    label_moves.OVERRIDDEN: "took {label} {against} GATE",
    label_moves.ROLLED_BACK: "got {label} back by a rollback",
    override.REVIEWED: "had its move to {label} reviewed",
}
"""What happens to a version, by the kind of its ledger entry."""


def story(registry: Registry, version: Version) -> Shown:
    """Tell where a version comes from and what happened to it since, from the ledger."""
    events = _events(registry, version)
    agreed = [_agreed(registry, event) for event in events]
    lines = [
        f"{version.name}  {version.digest}",
        "",
        "Made from",
        *(f"  {one_line(line).rstrip()}" for line in _origins(registry, version)),
        "",
        "Since then",
        *(
            f"  {one_line(line)}"
            for event, given in zip(events, agreed, strict=True)
            for line in (_told(event), *(f"  approved by {line_of(one)}" for one in given))
        ),
    ]
    value = {
        "name": version.name,
        "digest": version.digest,
        "made_from": list(_origins(registry, version)),
        "elsewhere": testimony.value(registry, version.model, version=version.digest),
        "events": [
            to_builtins(event) | {"approved_by": given}
            for event, given in zip(events, agreed, strict=True)
        ],
    }
    for part in testimony.told(registry, version.model, version=version.digest):
        lines += ["", part]
    return Shown(value, "\n".join(lines))


def story_of_code(registry: Registry, version: Version) -> Shown:
    """Tell which code made a version: commit, changes on top, entry point, configuration."""
    code = version.manifest.code
    if code is None:
        reasons = [gap.reason for gap in version.gaps if gap.field == "code"]
        return Shown(
            None, f"nobody knows: {reasons[0] if reasons else 'no code was recorded'}"
        )
    lines = [
        f"commit       {code.commit}",
        f"remote       {code.remote or '-'}",
        f"changes      {_changes(registry, version)}",
        f"entry point  {code.entry_point or '-'}",
        *(f"config       {path}" for path in code.config_files),
        *(f"submodule    {path} {commit}" for path, commit in sorted(code.submodules.items())),
    ]
    return Shown(code, "\n".join(lines))


def _origins(registry: Registry, version: Version) -> Iterator[str]:
    manifest = version.manifest
    if version.run is not None:
        run = registry.run(version.run)
        command = " ".join(run.command) or "the Python API"
        yield f"run:{run.id[:12]}  {command}, {moment(run.started_at)}, by {run.started_by}"
    if version.origin is not None:
        yield f"pulled from {origin_line(version.origin)}"
    for given in manifest.inputs:
        yield f"{given.role} data  {short(given.snapshot)}  {given.path}"
    yield from (f"erased: {what}" for what in said_of(registry, version))
    if manifest.code is not None:
        yield f"code  {manifest.code.commit[:12]}, {_changes(registry, version)}"
    if manifest.environment is not None:
        yield f"environment  Python {manifest.environment.python}"
    for gap in version.gaps:
        yield f"unknown: {gap.field}: {gap.reason}"


def _changes(registry: Registry, version: Version) -> str:
    code = version.manifest.code
    if code is None or code.patch is None:
        return "clean"
    lines = registry.objects.get(code.patch).count(b"\n")
    return f"uncommitted changes of {counted(lines, 'line')} in {short(code.patch)}"


def _events(registry: Registry, version: Version) -> list[Entry]:
    """Read what the ledger says of a version, and of labels while it moved to or from them."""
    own = [
        entry
        for entry in registry.entries(subject=version.model)
        if version.number in (entry.after.get("number"), entry.before.get("number"))
        and entry.action in TOLD
    ]
    overrides = {entry.seq: entry for entry in own if entry.action == label_moves.OVERRIDDEN}
    if not overrides:
        return own
    reviews = [
        replace(entry, after={**overrides[entry.after["override"]].after, **entry.after})
        for entry in registry.entries(action=override.REVIEWED)
        if entry.after["override"] in overrides
    ]
    return sorted((*own, *reviews), key=lambda entry: entry.seq)


def _agreed(registry: Registry, entry: Entry) -> tuple[Given, ...]:
    """Read whose approvals a promotion had; nothing else has any."""
    decision = entry.after.get("decision") if entry.action == "label.move" else None
    if decision is None:
        return ()
    return registry.approvers(decision, move=entry.seq)


def _told(entry: Entry) -> str:
    against = "AGAINST ITS" if entry.after.get("decision") else "WITHOUT A"
    what = TOLD[entry.action].format(against=against, **entry.after)
    model = shown(entry.after["model"])
    reason = f": {entry.reason}" if entry.reason else ""
    number = entry.after.get("number")
    return f"{moment(entry.time)}  {model}:{number} {what}, by {entry.actor.id}{reason}"
