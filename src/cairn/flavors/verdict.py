"""The verdict on one piece of content: its format, and whether loading it can run code."""

from typing import NamedTuple

from cairn.core.version import Safety

MAX_LISTED = 20
SEVERITY: tuple[Safety, ...] = ("safe", "unknown", "unsafe")


class Verdict(NamedTuple):
    """What some bytes are; `names` are the globals outside the allow-list."""

    format: str
    safety: Safety
    reasons: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def safe(form: str) -> Verdict:
    """Data in a format that holds nothing else."""
    return Verdict(form, "safe")


def unknown(form: str, reason: str) -> Verdict:
    """Nothing bad was found, and nothing rules it out."""
    return Verdict(form, "unknown", (reason,))


def unsafe(form: str, *reasons: str, names: tuple[str, ...] = ()) -> Verdict:
    """It can run code, or it is not what it says."""
    return Verdict(form, "unsafe", reasons, names)


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
    more = len(reasons) - MAX_LISTED
    shown = reasons[:MAX_LISTED] + ([f"and {more} more"] if more > 0 else [])
    return Verdict(form, max(found, key=SEVERITY.index), tuple(shown), tuple(names))
