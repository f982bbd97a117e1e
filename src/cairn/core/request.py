"""What one may ask of a registry, and the one method that answers."""

from functools import cache
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec

from cairn.core.errors import Invalid
from cairn.core.name import ChangeId
from cairn.core.secret import PLACES, find, kind_of

Reply_co = TypeVar("Reply_co", covariant=True)
Answer = TypeVar("Answer")


class Record(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """An immutable value that can be stored, hashed and sent.

    Fields equal to their default are left out when written: a later release may add a field
    with a default and no stored digest changes. A published default is therefore for ever.
    """

    def __post_init__(self) -> None:
        """Let a field that equals its default be its default: msgspec compares by identity.

        Without this, one value would have two spellings and two digests, with the field and
        without it.
        """
        for name, default in _defaults(type(self)):
            if getattr(self, name) == default:
                msgspec.structs.force_setattr(self, name, default)


class Request(Record, Generic[Reply_co], frozen=True, kw_only=True):
    """A question or a change; `Reply_co` is the type of its answer."""


class Change(Request[Reply_co], Generic[Reply_co], frozen=True, kw_only=True):
    """A request that changes something: leaves a ledger entry, whatever comes of it.

    A client that may have to repeat itself gives a `change_id`: sent again with the same
    content it gets the first answer, with other content it is a `Conflict`.
    """

    change_id: ChangeId | None = None


def checked(request: Request[Answer]) -> Request[Answer]:
    """Return `request` with every field validated; engines call it first, so all refuse alike.

    Raises `Invalid` naming the field, and for a change with a token in it: what is recorded
    in the ledger stays for ever.
    """
    plain = msgspec.to_builtins(request)
    try:
        msgspec.json.encode(plain)
    except UnicodeEncodeError as error:
        spelled = ascii(error.object)
        raise Invalid(f"{spelled} is not valid Unicode text: type it again") from error
    if isinstance(request, Change):
        _check_secrets(plain)
    return convert(plain, type(request))


def _check_secrets(value: Any, field: str = "") -> None:
    """Raise `Invalid` for a text that holds a secret by its form."""
    if isinstance(value, str):
        kind = kind_of(find(value, PLACES["request"]))
        if kind is not None:
            raise Invalid(
                f"{field} seems to hold {kind}, and what is recorded stays for ever: write it "
                "without"
            )
    elif isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            _check_secrets(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(value, list | tuple):
        for inner in cast("list[Any]", value):
            _check_secrets(inner, field)


def convert(value: Any, kind: type[Answer]) -> Answer:
    """Build a `kind` from plain values, or raise `Invalid` naming the field."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Invalid(_readable(str(error))) from error


def _readable(message: str) -> str:
    """Turn `... - at $.a.b` into `a.b: ...`, the order in which people read."""
    what, found, where = message.rpartition(" - at `$")
    return f"{where.rstrip('`').lstrip('.')}: {what}" if found else message


@cache
def _defaults(kind: type[Record]) -> tuple[tuple[str, Any], ...]:
    """List the fields whose default other objects may equal: `None` has no equals."""
    return tuple(
        (field.name, field.default)
        for field in msgspec.structs.fields(kind)
        if field.default is not msgspec.NODEFAULT and field.default is not None
    )


class Engine(Protocol):
    """Answers requests: in this process (`LocalEngine`), later over HTTP."""

    def send(self, request: Request[Answer]) -> Answer:
        """Answer `request`, or raise a `CairnError`."""
        ...
