"""References: every way to say which version is meant, parsed into one value.

churn:3  churn:v3                  number
churn:1.4.0  churn:v1.4.0          release
churn:v1.2.0-canary                release and the label that must hold it
churn@production                   label
churn@production~1                 the known-good version before it
sha256:9f2c...                     digest, eight hexadecimal digits or more
risk/churn:3                       with its team
risk/churn/versions/1.4.0          path form
commit:abc123  tag:churn-v2.1.0    versions of a commit, of an annotated release tag
registry:models/churn:2            with its registry prefix
"""

import re
from dataclasses import dataclass

from cairn.core.errors import Invalid
from cairn.core.name import LATEST, REHEARSAL, LabelName, ModelName, require_label

_NAME = r"(?:[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?/)?[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?"
_RELEASE = r"(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})\.(?:0|[1-9][0-9]{0,8})"
_LABEL = r"[a-z](?:[a-z0-9-]{0,48}[a-z0-9])?"

FORMS = (
    "churn:3, churn:1.4.0, churn@production, churn@production~1, "
    "sha256:9f2c01ab, commit:abc123"
)


@dataclass(frozen=True)
class ByNumber:
    """Version `number` of `model`."""

    model: ModelName
    number: int

    def __str__(self) -> str:
        """Spell it in full, with the team in it."""
        return f"{self.model}:{self.number}"


@dataclass(frozen=True)
class ByRelease:
    """The version of `model` released as `release`, and held by `label` if one is named."""

    model: ModelName
    release: str
    label: LabelName | None = None

    def __str__(self) -> str:
        """Spell it in full, with the team in it."""
        return f"{self.model}:{self.release}" + (f"-{self.label}" if self.label else "")


@dataclass(frozen=True)
class ByLabel:
    """What `label` holds, or the `back`-th known-good version before it."""

    model: ModelName
    label: LabelName
    back: int = 0

    def __str__(self) -> str:
        """Spell it in full, with the team in it."""
        return f"{self.model}@{self.label}" + (f"~{self.back}" if self.back else "")


@dataclass(frozen=True)
class ByDigest:
    """The version whose digest begins with these hexadecimal digits."""

    digits: str

    def __str__(self) -> str:
        """Spell it in full."""
        return f"sha256:{self.digits}"


@dataclass(frozen=True)
class ByCommit:
    """The version made from the commit that begins with these hexadecimal digits."""

    digits: str

    def __str__(self) -> str:
        """Spell it in full."""
        return f"commit:{self.digits}"


@dataclass(frozen=True)
class ByTag:
    """The version released under this git tag, `churn-v1.4.0` or `v1.4.0`."""

    tag: str

    def __str__(self) -> str:
        """Spell it in full, with the team in it."""
        return f"tag:{self.tag}"


Reference = ByNumber | ByRelease | ByLabel | ByDigest | ByCommit | ByTag


def parse(text: str, *, team: str = "default") -> Reference:
    """Read a reference; `team` is meant where none is written. Raises `Invalid`."""
    plain = text.strip().removeprefix("registry:models/").removeprefix("models:/")
    for pattern, build in _FORMS:
        if found := re.fullmatch(pattern, plain):
            return build(found, team)
    if plain.endswith(f":{LATEST}"):
        label_name(LATEST)
    raise Invalid(f"{text!r} names no version; the forms are {FORMS}")


def model_name(text: str, *, team: str = "default") -> ModelName:
    """Read a model's name with or without its team; raises `Invalid`."""
    if re.fullmatch(_NAME, text) is None:
        raise Invalid(
            f"{text!r} is not a model name: lower-case letters, digits, '.', '_' and '-', "
            "with a team in front if need be: risk/churn"
        )
    return text if "/" in text else f"{team}/{text}"


def model_and_label(text: str, *, team: str = "default") -> tuple[ModelName, LabelName]:
    """Read `churn@production`; the label is `production` where none is written."""
    name, _, label = text.partition("@")
    if re.search(r":|/versions/", name):
        model = name.partition(":")[0].partition("/versions/")[0]
        raise Invalid(
            f"{text} is a version: name a label, such as {model}@{label or 'production'}"
        )
    return model_name(name, team=team), label_name(label or "production")


def model_with_label(model: str, label: str | None) -> str:
    """Join `churn` and `staging`, said apart, to `churn@staging`; raises `Invalid` for two."""
    if label is None:
        return model
    name, at, said = model.partition("@")
    if at and said != label:
        raise Invalid(f"{model} names the label {said}, and {label} is another: name one")
    return f"{name}@{label}"


def version_and_label(version: str, label: str | None = None) -> tuple[str, LabelName]:
    """Read what is promoted where: `churn:2`, `churn:2@staging`; `production` unless said.

    `churn@staging` is the version that holds staging. Raises `Invalid` for two labels, and for
    the one that drills move.
    """
    named, at, said = version.rpartition("@")
    if not at or not re.search(":|/versions/", named):
        return version, _own_label(label or "production")
    if label not in (None, said):
        raise Invalid(f"{version} names the label {said}, and {label} is another: name one")
    return named, _own_label(said)


def label_name(text: str) -> LabelName:
    """Read a label's name; raises `Invalid`."""
    if text == LATEST:
        require_label(text, ())
    if re.fullmatch(_LABEL, text) is None:
        raise Invalid(
            f"{text!r} is not a label: lower-case letters, digits and '-', as in canary-eu"
        )
    return text


def _own_label(text: str) -> LabelName:
    """Read the label that somebody means to move; raises `Invalid` for that of drills."""
    if text == REHEARSAL:
        raise Invalid(f"{REHEARSAL} is the label of rollback drills: choose another name")
    return label_name(text)


def _number(found: re.Match[str], team: str) -> Reference:
    return ByNumber(model_name(found["model"], team=team), int(found["number"]))


def _release(found: re.Match[str], team: str) -> Reference:
    label = found.groupdict().get("label")
    return ByRelease(model_name(found["model"], team=team), found["release"], label)


def _label(found: re.Match[str], team: str) -> Reference:
    back = int(found["back"] or 0)
    return ByLabel(model_name(found["model"], team=team), label_name(found["label"]), back)


def _digest(found: re.Match[str], _team: str) -> Reference:
    return ByDigest(found["digits"])


def _commit(found: re.Match[str], _team: str) -> Reference:
    return ByCommit(found["digits"])


def _tag(found: re.Match[str], _team: str) -> Reference:
    return ByTag(found["tag"])


_FORMS = (
    (r"sha256:(?P<digits>[0-9a-f]{8,64})", _digest),
    (r"commit:(?P<digits>[0-9a-f]{6,64})", _commit),
    (r"tag:(?P<tag>[A-Za-z0-9._/-]+)", _tag),
    (rf"(?P<model>{_NAME}):v?(?P<number>[1-9][0-9]{{0,8}})", _number),
    (rf"(?P<model>{_NAME})/versions/(?P<number>[1-9][0-9]{{0,8}})", _number),
    (rf"(?P<model>{_NAME}):v?(?P<release>{_RELEASE})(?:-(?P<label>{_LABEL}))?", _release),
    (rf"(?P<model>{_NAME})/versions/v?(?P<release>{_RELEASE})", _release),
    (rf"(?P<model>{_NAME})@(?P<label>{_LABEL})(?:~(?P<back>[0-9]{{1,4}}))?", _label),
)
