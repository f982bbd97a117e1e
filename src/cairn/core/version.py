"""Versions: everything that made a model, under one digest that never changes.

1. The manifest is the identity. It leaves out name, number, people, times and hosts, so an
   identical bundle has one digest whoever registers it and whenever.
2. What is not known is written down as a gap; a version with gaps is *incomplete*.
3. Numbers count up within a model and are never given twice.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from msgspec import Meta

from cairn.core.card import card
from cairn.core.digest import Digest
from cairn.core.errors import Conflict, Invalid, Refused
from cairn.core.name import LabelName, ModelName, RunId, Text, shown
from cairn.core.request import Change, Record, Request
from cairn.core.run import Code, Environment, Gap, Input, Scalar, Seed
from cairn.core.verdict import Safety, Verdict
from cairn.core.words import counted

Number = Annotated[int, Meta(ge=1)]
Release = Annotated[
    str, Meta(pattern=r"^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})$(?!\n)")
]
UNSTAGED: LabelName = "dev"
"""The stage of a version that nobody has put anywhere."""


class Artifacts(Record, frozen=True):
    """The weights: a tree, how to load it, and whether loading can run code.

    `formats` says the format of each file by its path; `golden` is a tree with example inputs
    and the predictions that the model gave for them.
    """

    tree: Digest
    flavor: str
    safety: Safety
    formats: dict[str, str] = {}
    reasons: tuple[Text, ...] = ()
    golden: Digest | None = None


class Signature(Record, frozen=True):
    """Names and types of what the model takes and gives."""

    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()


class Manifest(Record, frozen=True, tag_field="cairn", tag="manifest/1"):
    """All that made one model; its digest is the version's identity."""

    artifacts: Artifacts | None = None
    inputs: tuple[Input, ...] = ()
    code: Code | None = None
    environment: Environment | None = None
    seeds: tuple[Seed, ...] = ()
    unseeded: tuple[str, ...] = ()
    parameters: dict[str, Scalar] = {}
    metrics: dict[str, float] = {}
    evaluations: tuple[Digest, ...] = ()
    signature: Signature | None = None
    feature_spec: Digest | None = None
    image: Digest | None = None
    parents: tuple[Digest, ...] = ()
    fields: dict[str, Scalar] = {}
    """Further facts that a project requires of its versions (`cairn.toml`, `fields`)."""
    reconstructed: tuple[str, ...] = ()
    """Parts found out afterwards instead of being captured."""
    gaps: tuple[Gap, ...] = ()
    asserted: tuple[str, ...] = ()
    """Parts that are a person's word."""


class Origin(Record, frozen=True):
    """Where a version was registered first: entry `seq` of the ledger with this public key."""

    log: Text
    number: Number
    seq: Annotated[int, Meta(ge=0)]


def standing(manifest: Manifest) -> dict[str, str]:
    """Say of each part that the manifest has how it is known: captured, or not."""
    names = ("inputs", "code", "environment", "seeds", "parameters", "metrics", "fields")
    later = dict.fromkeys(manifest.reconstructed, "reconstructed")
    later |= dict.fromkeys(manifest.asserted, "asserted")
    return {name: later.get(name, "captured") for name in names if getattr(manifest, name)}


def only_files(artifacts: Artifacts | None) -> str:
    """Name the files of a model of which loading can give back a folder only; else empty."""
    if artifacts is None or artifacts.flavor != "files":
        return ""
    return ", ".join(f"{path} ({form})" for path, form in sorted(artifacts.formats.items()))


class RegisterVersion(Change["Version"], frozen=True, tag="version.register"):
    """Give a stored manifest a number; an identical one keeps the number it has.

    Incomplete manifests are refused unless `retroactive` says that the gaps are known.
    """

    model: ModelName
    manifest: Digest
    run: RunId | None = None
    retroactive: bool = False
    stage: LabelName = UNSTAGED
    """The label that whoever registers moves to it next; it goes into the sidecar."""
    required: tuple[str, ...] = ()
    """Fields that the project requires on top of the built-in ones (`cairn.toml`)."""
    origin: Origin | None = None
    """The other store that it was pulled from."""


class GetVersion(Request["Version"], frozen=True, tag="version.get"):
    """Read one version by any reference: `risk/churn:3`, `churn@production`, `sha256:...`."""

    reference: Text


class ListVersions(Request["tuple[Version, ...]"], frozen=True, tag="version.list"):
    """Read versions, newest first; `where` is like `metrics.auc > 0.7 and stage = "dev"`."""

    model: ModelName | None = None
    where: Text = ""
    before: Text | None = None
    """Only those that were registered before this one: `churn:3`."""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000


class ListModels(Request[tuple[ModelName, ...]], frozen=True, tag="version.models"):
    """Name the models that have versions, in alphabetical order."""


class ReleaseVersion(Change["Version"], frozen=True, tag="version.release"):
    """Give a version its semantic release number: this one, or the next of its `part`."""

    model: ModelName
    version: Digest
    release: Release | None = None
    part: Literal["major", "minor", "patch"] = "minor"
    allow_dirty: bool = False
    """Release it although its code had uncommitted changes."""


class MarkBad(Change["Version"], frozen=True, tag="version.mark-bad"):
    """Never roll back to this version again, until it passes a gate afresh."""

    model: ModelName
    version: Digest
    reason: Text


class DeleteVersion(Change["Version"], frozen=True, tag="version.delete"):
    """Put a tombstone on a version that nothing holds; number, digest and history stay."""

    model: ModelName
    version: Digest
    reason: Text


class Version(Record, frozen=True):
    """A registered version: manifest, number, and what the ledger says about it since."""

    model: ModelName
    number: Number
    digest: Digest
    manifest: Manifest
    registered_by: str
    registered_at: str
    gaps: tuple[Gap, ...] = ()
    run: RunId | None = None
    release: Release | None = None
    labels: tuple[LabelName, ...] = ()
    stage_at_creation: str = ""
    archived: bool = False
    marked_bad: str | None = None
    deleted: str | None = None
    origin: Origin | None = None
    verdict: Verdict | None = None
    """What this store found when it judged the weights itself."""

    def __repr__(self) -> str:
        """Say which version it is, and where it stands."""
        return f"<{self.name} {self.digest[:19]}, {self._standing()}>"

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        rows = [
            ("digest", self.digest),
            ("stands", self._standing()),
            ("registered", f"{self.registered_at[:19]} UTC by {self.registered_by}"),
            *((f"metrics.{k}", f"{v:.4g}") for k, v in sorted(self.manifest.metrics.items())),
        ]
        return card(self.name, rows)

    def _standing(self) -> str:
        states = (
            *(("deleted",) if self.deleted is not None else ()),
            *(("marked bad",) if self.marked_bad is not None else ()),
            *(("archived",) if self.archived else ()),
            *((f"release {self.release}",) if self.release else ()),
            *self.labels,
            "complete" if self.complete else counted(len(self.gaps), "gap"),
        )
        return ", ".join(states)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps

    @property
    def safety(self) -> Safety | None:
        """Whether loading can run code, by the judgement of this store; None if it made none.

        Registered here, the manifest says what was judged here; pulled, it is only a claim.
        """
        if self.verdict is not None:
            return self.verdict.safety
        artifacts = self.manifest.artifacts
        return artifacts.safety if artifacts and self.origin is None else None

    @property
    def name(self) -> str:
        """How people call it: `churn:3`, with the team where it is not `default`."""
        return f"{shown(self.model)}:{self.number}"


# What a version must have, and how a person closes the gap (R21, R45, R52). Evaluations are
# not among it: they may follow registration, and a gate asks for its own.
REQUIRED: dict[str, tuple[str, str]] = {
    "artifacts": ("the model's weights are missing", "save the model under `cairn run`"),
    "data": (
        "no data snapshot says what it was trained on",
        "`cairn snapshot add PATH --name NAME`, then register with `--data snap:NAME`",
    ),
    "code": (
        "no commit says which code made it",
        "run the training inside a git repository with `cairn run`",
    ),
    "environment": (
        "the environment was not recorded",
        "train under `cairn run`, which freezes it",
    ),
    "parameters": (
        "no hyperparameter was recorded",
        "train under `cairn run`, or register with `--param NAME=VALUE`",
    ),
    "metrics": (
        "no metric was measured",
        "compute one in the script, or register with `--metric NAME=VALUE`",
    ),
    "seeds": (
        "random generators were used without a seed",
        "seed them, or name the seed: `random_state=7`",
    ),
}


def missing(manifest: Manifest, required: Iterable[str] = ()) -> tuple[Gap, ...]:
    """List what the manifest lacks of REQUIRED and of the fields that the project requires.

    Where the manifest itself says why it lacks something, that is the reason.
    """
    have = {
        "artifacts": manifest.artifacts is not None,
        "data": any(i.role in ("train", "input") for i in manifest.inputs),
        "code": manifest.code is not None,
        "environment": manifest.environment is not None,
        "parameters": bool(manifest.parameters),
        "metrics": bool(manifest.metrics),
        "seeds": not manifest.unseeded,
    }
    known = {gap.field: gap for gap in reversed(manifest.gaps)}
    parts = [
        known.get(k) or Gap(field=k, reason=REQUIRED[k][0], fix=REQUIRED[k][1])
        for k in have
        if not have[k]
    ]
    own = [
        Gap(
            field=f"fields.{name}",
            reason=f"cairn.toml requires the field {name!r}",
            fix=f"register with `--field {name}=VALUE`",
        )
        for name in required
        if name not in manifest.fields
    ]
    return (*parts, *own)


# Without these a version cannot be registered as if nothing were wrong; the rest of REQUIRED
# makes it incomplete, which gated labels refuse.
BLOCKING = ("artifacts", "data", "code", "environment", "parameters", "metrics")


def register(asked: RegisterVersion, manifest: Manifest) -> tuple[Gap, ...]:
    """Decide whether a manifest may become a version; returns its gaps.

    Raises `Refused` naming every blocking gap with its fix, unless asked retroactively.
    """
    lacking = missing(manifest, asked.required)
    if manifest.artifacts is None:
        raise Refused(
            f"{shown(asked.model)} cannot be registered: it has no artifacts",
            fix="give the path of the weights: `cairn register PATH --model NAME`",
        )
    blocking = [g for g in lacking if g.field in BLOCKING or g.field.startswith("fields.")]
    if blocking and not asked.retroactive:
        raise Refused(
            f"{shown(asked.model)} cannot be registered: "
            + "; ".join(g.reason for g in blocking),
            fix="\n".join(f"{g.field}: {g.fix}" for g in blocking)
            + "\nor register what is known with `--retroactive`: an incomplete version",
        )
    return tuple(dict.fromkeys((*lacking, *manifest.gaps)))


def again(version: Version) -> Version:
    """Answer the registration of a manifest that has a number; a deleted one stays deleted."""
    if version.deleted is not None:
        raise Refused(f"{version.name} is this very model and was deleted: {version.deleted}")
    return version


def next_release(asked: ReleaseVersion, version: Version, earlier: Sequence[str]) -> Release:
    """Decide the release number; releases of a model only go up.

    Raises `Conflict` if the version has one already, `Refused` if its code had uncommitted
    changes and nobody allowed that, and `Invalid` if the number would not go up.
    """
    if version.release is not None:
        raise Conflict(f"{version.name} is already released as {version.release}")
    code = version.manifest.code
    if code is not None and code.patch is not None and not asked.allow_dirty:
        raise Refused(
            f"{version.name} was made with uncommitted changes: commit {code.commit[:12]} "
            "alone does not make it",
            fix="commit the changes, train again and release that version\n"
            "or release this one with `--allow-dirty`: the tag then says so",
        )
    last = max((parse_release(r) for r in earlier), default=(0, 0, 0))
    if asked.release is None:
        found = ".".join(map(str, _bump(last, asked.part)))
        parse_release(found)  # counted beyond nine digits it could not be read again
        return found
    if earlier and parse_release(asked.release) <= last:
        shown = ".".join(map(str, last))
        raise Invalid(f"release {asked.release} must be higher than {shown}, the last one")
    return asked.release


def parse_release(text: str) -> tuple[int, int, int]:
    """Read `1.4.0` as three numbers; raises `Invalid`."""
    found = re.fullmatch(r"(0|[1-9][0-9]{0,8})\." * 2 + r"(0|[1-9][0-9]{0,8})", text)
    if found is None:
        raise Invalid(f"{text!r} is not a release number such as 1.4.0")
    return int(found[1]), int(found[2]), int(found[3])


def delete(version: Version, holders: Sequence[str]) -> None:
    """Raise unless nothing holds the version; `holders` says in words what does."""
    if version.deleted is not None:
        raise Conflict(f"{version.name} is already deleted: {version.deleted}")
    if holders:
        raise Refused(
            f"{version.name} cannot be deleted: " + "; ".join(holders),
            fix="let another version take the label, and mark this one bad "
            f"(`cairn mark-bad {version.name} --reason WHY`) so that no rollback ends at it",
        )


def _bump(last: tuple[int, int, int], part: str) -> tuple[int, int, int]:
    match part:
        case "major":
            return last[0] + 1, 0, 0
        case "minor":
            return last[0], last[1] + 1, 0
        case _:
            return last[0], last[1], last[2] + 1
