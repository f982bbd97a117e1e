"""Secrets: what counts as one, and what becomes of it, in one table for every place.

`places.py` is the table: a row for each place where a secret may stand, and how one is known
there. The ways are few: by what it is called (`name.py`), by the form of a token (`form.py`),
by an address or a header that it stands in (`stretch.py`), or because it is a secret in
another place of the same run (`known.py`). `command.py` knows command lines, and what of them
may stand in the ledger, which forgets nothing.

Secrets are taken out before anything is hashed: a digest would keep them for ever.
"""

from cairn.core.secret.command import Plain, kept_in_ledger, redact_command, secret_words
from cairn.core.secret.known import Known
from cairn.core.secret.name import hides, is_odd, is_secret_name, looks_random
from cairn.core.secret.places import (
    PLACES,
    Place,
    find,
    kind_of,
    redact,
    redact_value,
    require_plain,
    strip_login,
)
from cairn.core.secret.stretch import REDACTED

__all__ = [
    "PLACES",
    "REDACTED",
    "Known",
    "Place",
    "Plain",
    "find",
    "hides",
    "is_odd",
    "is_secret_name",
    "kept_in_ledger",
    "kind_of",
    "looks_random",
    "redact",
    "redact_command",
    "redact_value",
    "require_plain",
    "secret_words",
    "strip_login",
]
