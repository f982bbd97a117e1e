"""Names people choose: safe in a URL, a file name and a shell."""

from typing import Annotated

from msgspec import Meta

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
