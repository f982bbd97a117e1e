"""What a remote offers: its refs, and what lies among them and is none."""

from typing import NamedTuple

from cairn.core.errors import CairnError, Corrupt
from cairn.core.transfer import AnyRef, read_key
from cairn.data.remotes.refs import Remote


class Offered(NamedTuple):
    """The refs in a remote, and keys beside them that are none, each with its error."""

    refs: frozenset[AnyRef]
    strange: dict[str, CairnError]


def offered(remote: Remote) -> Offered:
    """List what a remote offers, by name."""
    refs, strange = set[AnyRef](), dict[str, CairnError]()
    for key in remote.listed():
        try:
            refs.add(read_key(key))
        except Corrupt as error:
            strange[key] = error
    return Offered(frozenset(refs), strange)
