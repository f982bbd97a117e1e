"""The verdict on one piece of content: its format, and whether loading it can run code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cairn.core.version import Safety

MAX_LISTED = 20
SEVERITY: "tuple[Safety, ...]" = ("safe", "unknown", "unsafe")


class Verdict(NamedTuple):
    """What some bytes are; `names` are the globals outside the allow-list."""

    format: str
    safety: "Safety"
    reasons: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def safe(form: str) -> Verdict:
    """Data in a format that holds nothing else."""
    return Verdict(form, "safe")


def unknown(form: str, *reasons: str) -> Verdict:
    """Nothing bad was found, and nothing rules it out."""
    return Verdict(form, "unknown", reasons)


def unsafe(form: str, *reasons: str, names: tuple[str, ...] = ()) -> Verdict:
    """It can run code, or it is not what it says."""
    return Verdict(form, "unsafe", reasons, names)


def worse(verdict: Verdict, other: Verdict) -> Verdict:
    """Add what another look at the same content found; the format stays."""
    if other.safety == "safe":
        return verdict
    return Verdict(
        verdict.format,
        SEVERITY[max(map(SEVERITY.index, (verdict.safety, other.safety)))],
        (*other.reasons, *verdict.reasons),
        (*verdict.names, *other.names),
    )


def joined(form: str, parts: list[tuple[str, Verdict]]) -> Verdict:
    """Judge an archive by its members: the worst verdict, and every reason with its member."""
    found: list[Safety] = ["safe", *(part.safety for _, part in parts)]
    reasons = [
        f"{name}: {reason}"
        for name, part in parts
        if part.safety != "safe"
        for reason in part.reasons
    ]
    names = sorted({name for _, part in parts for name in part.names})
    return Verdict(form, max(found, key=SEVERITY.index), listed(reasons), tuple(names))


def listed(words: Sequence[str]) -> tuple[str, ...]:
    """Keep a list short enough to read, and say how much is left out."""
    more = len(words) - MAX_LISTED
    return (*words[:MAX_LISTED], *([f"and {more} more"] if more > 0 else []))
