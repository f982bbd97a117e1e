"""Every error Cairn raises, grouped by what the caller can do about it."""

from typing import ClassVar


class CairnError(Exception):
    """Base of all Cairn errors; a bare one is a bug in Cairn."""

    kind: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1


class Invalid(CairnError):
    """The request is malformed: the message names the field and what it must be."""

    kind = "invalid"
    status = 400
    exit_code = 3


class NotFound(CairnError):
    """The named thing does not exist: check the name."""

    kind = "not-found"
    status = 404
    exit_code = 4


class Erased(NotFound):
    """The bytes were taken away on purpose: the message says by whom, why and where."""


class Conflict(CairnError):
    """Somebody else moved first: read again and decide again."""

    kind = "conflict"
    status = 409
    exit_code = 5


class Refused(CairnError):
    """A rule says no: the message names the rule and the evidence.

    `report` is the whole judgement in words and `fix` what to do next, both empty when
    the one-line message says it all.
    """

    kind = "refused"
    status = 422
    exit_code = 6

    def __init__(self, message: str, *, report: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.report = report
        self.fix = fix


class Inconclusive(Refused):
    """The evidence is too thin to decide: not a pass."""

    kind = "inconclusive"
    exit_code = 7


class Pending(Inconclusive):
    """People who must agree have not yet: not a pass, until they do."""

    kind = "pending"


class Forbidden(CairnError):
    """The actor lacks the permission: ask an administrator."""

    kind = "forbidden"
    status = 403
    exit_code = 8


class Corrupt(CairnError):
    """Stored bytes are not what was recorded: stop and run `cairn verify --all`."""

    kind = "corrupt"
    status = 500
    exit_code = 9


class Unavailable(CairnError):
    """A file, disk or service did not answer: try again later."""

    kind = "unavailable"
    status = 503
    exit_code = 10


def first_line(error: BaseException) -> str:
    """Quote the first line of a foreign exception: the others are advice to its own users."""
    return next(iter(str(error).splitlines()), type(error).__name__)
