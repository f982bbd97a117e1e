"""Who asks: identity comes with the request, and so does what it may do."""

from collections.abc import Callable
from dataclasses import dataclass

from cairn.core.errors import Forbidden
from cairn.core.ledger import Actor
from cairn.core.name import Team


def unsigned(text: str) -> str:
    """Sign nothing: the key of whoever acts is not at hand."""
    del text
    return ""


def keyless() -> str:
    """Name no key."""
    return ""


def anything(permission: str) -> bool:
    """Permit it: who may write in the folder of a store may do anything there."""
    del permission
    return True


@dataclass(frozen=True)
class Who:
    """Whoever asks, how that one signs, and what that one may do.

    `key` gives the public key that the actor signs with, and `sign` signs with it; both are
    asked for with a change only. `may` is asked with the permission beside the handler.
    """

    actor: Actor
    team: Team = "default"
    key: Callable[[], str] = keyless
    sign: Callable[[str], str] = unsigned
    may: Callable[[str], bool] = anything

    def require(self, permission: str) -> None:
        """Raise `Forbidden` unless whoever asks may do this."""
        if not self.may(permission):
            who = self.actor.id
            raise Forbidden(f"{who} lacks the permission {permission}; ask an administrator")
