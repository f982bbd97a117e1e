"""Whose word a remote brings: the keys of foreign ledgers, compared with those met before."""

from collections.abc import Iterable, Iterator

from cairn.core import remote as rules
from cairn.core.errors import Conflict, NotFound
from cairn.core.ledger import Entry
from cairn.core.remote import GetTrusted, TrustedLedger, TrustLedger
from cairn.data.remotes.refs import Remote
from cairn.engine.store import read_about
from cairn.project import Project


def new_keys(project: Project, logs: Iterable[str], *, met: Iterable[Entry]) -> list[str]:
    """List those keys whose ledgers were never met; `met` are versions recorded here.

    Raises `Refused` for a ledger that had another key, and for one that says it is this store.
    """
    known = {_origin(log): log for log in _logs(met)}
    own = read_about(project.settings.store).log
    known[_origin(own)] = own
    found: list[str] = []
    for log in sorted(set(logs)):
        pinned = project.engine.send(GetTrusted(origin=_origin(log)))
        before = pinned.log if pinned else known.get(_origin(log))
        rules.require(log, known=before, own=own)
        if before is None:
            known[_origin(log)] = log  # and a second key of the same ledger is refused
            found.append(log)
    return found


def _logs(entries: Iterable[Entry]) -> Iterator[str]:
    """Name the ledgers that versions were pulled from before keys were pinned."""
    for entry in entries:
        pulled: dict[str, str] | None = entry.after.get("origin")
        if entry.action == "version.register" and pulled is not None:
            yield pulled["log"]


def pin(project: Project, log: str) -> TrustedLedger:
    """Pin a key, whichever there was before."""
    known = project.engine.send(GetTrusted(origin=_origin(log)))
    return project.engine.send(TrustLedger(log=log, replaces=known.log if known else ""))


def key_there(remote: Remote, origin: str) -> str:
    """Find the key that a ledger has in a remote.

    Raises `NotFound` if nothing there is of that ledger, and `Conflict` for several keys.
    """
    logs = {log for _, log in map(remote.read, remote.refs()) if _origin(log) == origin}
    if not logs:
        raise NotFound(f"nothing in {remote.address} is of the ledger {origin}")
    if len(logs) > 1:
        raise Conflict(
            f"{remote.address} holds entries of {origin} by {len(logs)} keys: ask whoever "
            "keeps that store which is right, and name it: --key KEY"
        )
    return logs.pop()


def _origin(log: str) -> str:
    return log.partition("+")[0]
