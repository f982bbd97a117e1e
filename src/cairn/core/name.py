"""Names people choose: safe in a URL, a file name and a shell."""

import re
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from cairn.core.errors import Invalid, NotFound

_WORD = r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?"

Team = Annotated[str, Meta(pattern=rf"^{_WORD}$(?!\n)")]
"""A group that owns models; `default` unless `cairn.toml` says otherwise."""

ModelName = Annotated[str, Meta(pattern=rf"^{_WORD}/{_WORD}$(?!\n)")]
"""`team/model`, always with its team inside Cairn: `risk/churn`."""

LabelName = Annotated[str, Meta(pattern=r"^[a-z](?:[a-z0-9-]{0,48}[a-z0-9])?$(?!\n)")]
"""A movable name for one version of a model: `production`."""

SnapshotName = Annotated[str, Meta(pattern=rf"^{_WORD}$(?!\n)")]
"""What people call a snapshot: `test` in `snap:test`."""

RunId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
"""Names one training run; made by whoever starts it."""

ChangeId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
"""Names one requested change, so that sending it twice does it once."""

MetricName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.@/ -]{0,99}$(?!\n)")]
"""`roc_auc`, `recall`, `f1@0.5`."""

Text = Annotated[str, Meta(max_length=2000)]
"""A sentence from a person: a reason, a description."""


def shown(model: ModelName) -> str:
    """Write a model as people do: without the default team."""
    return model.removeprefix("default/")


PREDEFINED_LABELS = ("dev", "staging", "canary", "production", "archived")
"""Labels that every model has from the start, bound to nothing yet."""

LATEST = "latest"
REHEARSAL = "drill"
"""The label that rollback drills move: nobody sets it, so no list shows it, and it keeps
nothing. The ledger has its moves."""
PREFIXES = ("snap", "run", "tag", "sha256", "commit", "decision", "proposal")
"""Words that begin a reference of another kind: `snap:test`, `commit:abc123`."""
EXPERIMENTS: Team = "exp"
_RELEASE = re.compile(r"v?[0-9]+(\.[0-9]+)+")


def require_model_name(model: ModelName) -> None:
    """Raise `Invalid` for a name of a new model that would be read as something else."""
    team, _, name = model.partition("/")
    if name in PREFIXES:
        raise Invalid(
            f"no model is called {name!r}: {name}:1 would be read as another kind of "
            f"reference; choose another name, such as {name}-model"
        )
    if _RELEASE.fullmatch(name):
        raise Invalid(f"no model is called {name!r}: that reads like a release number")
    if team == EXPERIMENTS:
        raise Invalid(
            f"no model is called {model!r}: {EXPERIMENTS}/ is where experiments have their "
            f"names; call it {name!r}"
        )


def require_label(label: LabelName, known: Iterable[LabelName], *, new: bool = False) -> None:
    """Raise unless a label exists, or somebody means to make a `new` one.

    `NotFound` names the label that was probably meant; `latest` is `Invalid`, for it would
    mean another version tomorrow.
    """
    if label == LATEST:
        raise Invalid(
            "'latest' is never a label: it would mean another version tomorrow; name a "
            "version (churn:3) or a label that somebody moves (production)"
        )
    labels = sorted({*PREDEFINED_LABELS, *known})
    if label in labels or new:
        return
    from difflib import get_close_matches  # for who mistyped it

    near = get_close_matches(label, labels, n=1)
    meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(labels)};"
    raise NotFound(f"there is no label {label}; {meant} `--new-label` makes a new one")
