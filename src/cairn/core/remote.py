"""Remotes: whose ledgers are believed, each by the key that it had when it was first met.

A ref in a remote brings the key that its ledger is signed with. The first key of a ledger is
pinned; whoever brings another one is refused until a person says that it may take its place.
"""

from typing import Annotated

from msgspec import Meta

from cairn.core.errors import Conflict, Invalid, Refused
from cairn.core.name import Text
from cairn.core.request import Change, Record, Request

LOG = r"^cairn\.local/[0-9a-f]{32}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$(?!\n)"
Log = Annotated[str, Meta(pattern=LOG)]
"""The public key of a store's ledger, and before it the ledger's name: the store's id."""


class TrustLedger(Change["TrustedLedger"], frozen=True, tag="remote.trust"):
    """Pin the key of another store's ledger: `cairn.local/ID+keyid+base64`.

    One that is pinned already gives way only if `replaces` names it.
    """

    log: Log
    replaces: Text = ""


class GetTrusted(Request["TrustedLedger | None"], frozen=True, tag="remote.key"):
    """Read the pinned key of a ledger by its origin; None if it was never met."""

    origin: Text


class TrustedLedger(Record, frozen=True):
    """The pinned key of a ledger, who pinned it and when."""

    origin: str
    log: str
    by: str
    at: str


def trust(asked: TrustLedger, *, origin: str, known: TrustedLedger | None, own: str) -> None:
    """Raise unless a key may be pinned; `own` is the key of this store's own ledger."""
    if origin == own.partition("+")[0]:
        raise Invalid(f"{origin} is this very store: no other key is trusted for it")
    if known is not None and known.log != asked.replaces:
        raise Conflict(f"{origin} has the key {known.log} here; say that this one goes")


def require(log: str, *, known: str | None, own: str) -> None:
    """Raise `Refused` unless a ledger has the key that it had before, or was never met."""
    if known is None or known == log:
        return
    origin = log.partition("+")[0]
    if known == own:
        raise Refused(
            f"the remote offers entries of {origin}, which is this very store, signed with a "
            f"key that is not its own ({short(log)}): they are forged, and nothing was "
            "fetched",
            fix="find out who writes to that remote; to go on, name what you want of others: "
            "`cairn pull REMOTE REFERENCE`",
        )
    raise Refused(
        f"{origin} is signed with another key than the one pinned here ({short(known)}): what "
        "the remote offers may be somebody else's, and nothing was fetched",
        fix="ask whoever keeps that store which key it has (`cairn remote keys` there). If it "
        f"is {log}:\ncairn remote trust {origin} --key '{log}'",
    )


def short(log: str) -> str:
    """Shorten a key to what people compare: the id that is in it."""
    return f"key {log.split('+')[1]}"
