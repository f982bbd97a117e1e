"""Policy files: what a person writes in `gates/churn.yaml` becomes a pinned policy.

1. An unknown key, a wrong value or a name that nothing has is refused with line and column.
2. The evaluation snapshot and, where `cairn.toml` says how to score, the scorer are pinned by
   digest: a later change of either is a change of the policy.
3. Comments, spacing and the order of keys are not part of it; the order of checks is that of
   the report, and is.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, cast, get_args, get_type_hints

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from cairn.core.approval import Approvals, Covered, Deputy, Group, Person
from cairn.core.check import Check, FairnessGap, NoSubgroupRegression, columns
from cairn.core.digest import Digest
from cairn.core.errors import CairnError, Invalid, NotFound
from cairn.core.evaluation import Perturbation, Scorer
from cairn.core.gate import Bootstrap, Policy, Reuse, check_policy
from cairn.core.name import ModelName, Text, shown
from cairn.core.reference import model_name
from cairn.core.request import Record
from cairn.core.version import ListVersions
from cairn.gates import plain_yaml
from cairn.gates.plain_yaml import Document, Place
from cairn.gates.scorer import scorer_of
from cairn.project import Project
from cairn.signing.note import read_verifier
from cairn.stats.metrics import Metric, parse_metric, require_of_task, spelled

FORMAT = "policy/1"


class ApprovalsFile(Record, frozen=True):
    """Who must agree, as people write it: `people` and `count`, or `groups` of them.

    `covers` has `policy` unless somebody leaves it out, so that whoever asks for an approval
    does not take the approvals out of the policy.
    """

    people: tuple[Person, ...] = ()
    count: Annotated[int, Meta(ge=1)] = 1
    groups: tuple[Group, ...] = ()
    expire_days: Annotated[float, Meta(gt=0, le=3650)] = 14.0
    covers: Annotated[tuple[Covered, ...], Meta(min_length=1)] = ("promotion", "policy")
    deputies: tuple[Deputy, ...] = ()

    def rule(self) -> Approvals:
        """Make the rule that is stored; raises `Invalid` unless there are people, once."""
        if bool(self.people) == bool(self.groups):
            raise Invalid("approvals: write `people`, or `groups` that have people")
        first, *also = self.groups or (Group(people=self.people, count=self.count),)
        return Approvals(
            people=first.people,
            count=first.count,
            expire_days=self.expire_days,
            covers=self.covers,
            also=tuple(also),
            deputies=self.deputies,
        )


class PolicyFile(Record, frozen=True, tag_field="cairn", tag=FORMAT):
    """A policy as people write it: `evaluation` is a snapshot's name or digest.

    Looks are counted (`reuse`) unless it says `reuse: null`.
    """

    evaluation: Text
    checks: Annotated[tuple[Check, ...], Meta(min_length=1)]
    against: Annotated[str, Meta(pattern=r"^@[a-z][a-z0-9-]*$(?!\n)")] = "@production"
    bootstrap: Bootstrap = "refuse"
    reuse: Reuse | None = Reuse()
    approvals: ApprovalsFile | None = None
    override: tuple[Person, ...] = ()
    measurers: tuple[Person, ...] = ()
    authors: tuple[Person, ...] = ()
    reference: Text | None = None


def load_policy(path: Path, project: Project, model: ModelName) -> Policy:
    """Read a policy file and pin what it names, for one model of one registry.

    Raises `Invalid`, or `NotFound` for the snapshot, with file, line and column; `NotFound`
    for a model that nobody knows.
    """
    return pin_policy(_read(path), path, project, model)


def pin_policy(text: str, path: Path, project: Project, model: ModelName) -> Policy:
    """Do as `load_policy` with a text that stands, or might, in the file `path`."""
    document = _parsed(text, path)
    _require_model(project, model)
    try:
        written = read_policy(document)
        _check_groups(written, document, project.settings.model(model).evaluation)
        _check_people(written, document)
        policy = _pinned(written, document, project=project, model=model)
        if policy.scorer is not None:
            task = project.objects.get_record(policy.scorer, Scorer).task
            _check_metrics(written, document, of=lambda metric: require_of_task(metric, task))
        check_policy(policy)
    except CairnError as error:
        raise type(error)(f"{path}: {error}") from error
    return policy


def read_policy(document: Document) -> PolicyFile:
    """Validate a document by itself; raises `Invalid` with line and column."""
    if not isinstance(document.value, dict):
        raise Invalid(f"a policy is a mapping that begins with `cairn: {FORMAT}`")
    if ("cairn",) not in document.keys:
        raise Invalid(f"the first line must say which format this is: `cairn: {FORMAT}`")
    try:
        written = msgspec.convert(cast("Any", document.value), PolicyFile)
    except msgspec.ValidationError as error:
        raise Invalid(_explain(str(error), document)) from error
    written = replace(written, checks=tuple(map(_respelled, written.checks)))
    _check_metrics(written, document)
    return written


def schema() -> dict[str, Any]:
    """Describe policy files as JSON Schema, for editors that complete and check."""
    described = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(PolicyFile)))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cairn gate policy",
        **described,
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFound(
            f"there is no policy file {path}; `cairn gate new MODEL` writes a first one"
        ) from error
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is not UTF-8 text: byte {error.start} is not") from error


def _parsed(text: str, path: Path) -> Document:
    try:
        return plain_yaml.read(text)
    except Invalid as error:
        raise Invalid(f"{path}: {error}") from error


def _require_model(project: Project, model: ModelName) -> None:
    """Raise `NotFound` unless a model has versions or a place in `cairn.toml`."""
    team = project.settings.team
    named = {model_name(name, team=team) for name in project.settings.models}
    if model in named or project.engine.send(ListVersions(model=model, limit=1)):
        return
    known = {*named, *project.models()}
    there = (
        f"there are {', '.join(sorted(map(shown, known)))}" if known else "there is none yet"
    )
    raise NotFound(f"there is no model {shown(model)} to bind a policy to; {there}")


def _pinned(
    written: PolicyFile, document: Document, *, project: Project, model: ModelName
) -> Policy:
    try:
        snapshot = project.find_snapshot(written.evaluation).digest
    except (NotFound, Invalid) as error:
        raise type(error)(f"{document.places['evaluation',]}: evaluation: {error}") from error
    return Policy(
        evaluation=snapshot,
        checks=written.checks,
        scorer=_pinned_scorer(project, model),
        against=written.against,
        bootstrap=written.bootstrap,
        reuse=written.reuse,
        approvals=written.approvals.rule() if written.approvals else None,
        override=written.override,
        measurers=written.measurers,
        authors=written.authors,
        reference=_pinned_reference(written, document, project=project, model=model),
    )


def _pinned_reference(
    written: PolicyFile, document: Document, *, project: Project, model: ModelName
) -> Digest | None:
    """The digest of the version that the policy keeps as its reference."""
    if written.reference is None:
        return None
    place = document.places["reference",]
    try:
        found = project.version(written.reference)
    except (NotFound, Invalid) as error:
        raise type(error)(f"{place}: reference: {error}") from error
    if found.model != model:
        raise Invalid(f"{place}: reference: {found.name} is not a version of {shown(model)}")
    return found.digest


def _pinned_scorer(project: Project, model: ModelName) -> Digest | None:
    settings = project.settings.model(model).evaluation
    return project.objects.put_record(scorer_of(project, settings)) if settings else None


def _respelled(check: Check) -> Check:
    """Let a check name its metric as the table does: `f1_score` is `f1`."""
    metric: str | None = getattr(check, "metric", None)
    return check if metric is None else replace(check, metric=spelled(metric))


def _check_metrics(
    written: PolicyFile, document: Document, *, of: Callable[[Metric], None] | None = None
) -> None:
    """Read every metric, and hold it against what a task has."""
    for number, check in enumerate(written.checks):
        metric: str | None = getattr(check, "metric", None)
        if metric is None:
            continue
        try:
            parsed = parse_metric(metric)
            if of is not None:
                of(parsed)
        except Invalid as error:
            place = document.places["checks", number, "metric"]
            raise Invalid(f"{place}: check {check.id!r}: {error}") from error


def _check_groups(written: PolicyFile, document: Document, settings: Any) -> None:
    """A grouping that no evaluation will have would make every later gate fail."""
    if settings is None:
        return
    for number, check in enumerate(written.checks):
        if not isinstance(check, NoSubgroupRegression | FairnessGap):
            continue
        unknown = [name for name in columns(check.by) if name not in settings.groups]
        if unknown:
            known = ", ".join(settings.groups) or "none"
            raise Invalid(
                f"{document.places['checks', number, 'by']}: check {check.id!r} compares by "
                f"{unknown[0]!r}, which is not among the groups of the evaluation in "
                f"cairn.toml ({known})"
            )


def _check_people(written: PolicyFile, document: Document) -> None:
    """A key that is none would match nobody, and nobody would notice."""
    asked = written.approvals or ApprovalsFile()
    places: dict[plain_yaml.Path, tuple[Person, ...]] = {
        ("approvals", "people"): asked.people,
        **{("approvals", "groups", n, "people"): g.people for n, g in enumerate(asked.groups)},
        ("override",): written.override,
        ("measurers",): written.measurers,
        ("authors",): written.authors,
    }
    for path, listed in places.items():
        for number, person in enumerate(listed):
            if "+" not in person:
                continue
            try:
                read_verifier(person)
            except Invalid as error:
                place = document.places[(*path, number)]
                raise Invalid(f"{place}: {error}; `cairn whoami` shows one") from error


def _explain(message: str, document: Document) -> str:
    """Turn a validator's message into place, path and what to write instead."""
    what, found, where = message.partition(" - at `$")
    path = _path(where.rstrip("`")) if found else ()
    spelled = where.rstrip("`").lstrip(".")
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        key = unknown[1]
        what = f"unknown key {key!r}; there are {', '.join(_keys(path, document))}"
        return _at(document.keys.get((*path, key)), spelled, what)
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
        what = f"the key {missing[1]!r} is missing"
    elif path[-1:] == ("type",) and what.startswith("Invalid value"):
        what = (
            f"there is no check of type {_found(path, document)!r}, only {', '.join(_KINDS)}"
        )
    elif what.startswith("Invalid enum value"):
        words = ", ".join(_words(path, document))
        what = f"must be one of {words}, not {_found(path, document)!r}"
    else:
        what = f"{_plain(what)}, not {_found(path, document)!r}"
    return _at(document.places.get(path), spelled, what)


def _at(place: Place | None, spelled: str, what: str) -> str:
    return ": ".join(str(part) for part in (place, spelled, what) if part)


def _path(where: str) -> plain_yaml.Path:
    parts = re.findall(r"\.(\w+)|\[(\d+)\]", where)
    return tuple(name or int(number) for name, number in parts)


def _found(path: plain_yaml.Path, document: Document) -> Any:
    value = document.value
    for part in path:
        value = value[part]
    return value


def _plain(what: str) -> str:
    """Say `Expected ...` in words that a person who writes YAML knows."""
    what = re.sub(r", got .*", "", what).replace("Expected", "must be")
    what = re.sub(r"Invalid value .*", f"must be {FORMAT}", what)
    what = re.sub(r"`str` matching regex .*", "a plain name", what)
    for technical, word in _WORDS.items():
        what = what.replace(technical, word)
    return what


def _keys(path: plain_yaml.Path, document: Document) -> list[str]:
    kind = _kind(path, document)
    tag: str | None = kind.__struct_config__.tag_field
    return [*([tag] if tag else []), *kind.__struct_fields__]


def _kind(path: plain_yaml.Path, document: Document) -> Any:
    """The record that a part of the file is read into."""
    if not path:
        return PolicyFile
    if path[-1:] in _PARTS:
        return _PARTS[path[-1:]]
    return _KINDS[_found((*path, "type"), document)]


def _words(path: plain_yaml.Path, document: Document) -> list[str]:
    """The words that may stand at a place."""
    while isinstance(path[-1], int):
        path = path[:-1]
    return [*_literals(get_type_hints(_kind(path[:-1], document))[str(path[-1])])]


def _literals(hint: Any) -> Iterator[str]:
    for part in get_args(hint):
        if isinstance(part, str):
            yield part
        else:
            yield from _literals(part)


_KINDS: dict[str, Any] = {kind.__struct_config__.tag: kind for kind in get_args(Check)}
_PARTS: dict[plain_yaml.Path, Any] = {
    ("approvals",): ApprovalsFile,
    ("reuse",): Reuse,
    ("perturbation",): Perturbation,
}
_WORDS = {
    "`array` of length": "a list of length",
    "`array`": "a list",
    "`object`": "a mapping",
    "`float`": "a number",
    "`int`": "a whole number",
    "`str`": "text",
}
