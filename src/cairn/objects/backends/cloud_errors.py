"""What a cloud answers, translated into Cairn's errors at the edge.

The client's own text holds addresses with signatures and whole answers in XML: only the
status, the cloud's short code and a reason are taken from it.
"""

import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import NamedTuple, TypeVar

from cairn.core.errors import CairnError, Forbidden, Invalid, NotFound, Refused, Unavailable
from cairn.objects.backends.bucket_address import Place
from cairn.objects.backends.provider import CREDENTIALS, Patience, no_credentials

T = TypeVar("T")
_STATUS = re.compile(r"status code: (\d{3})")
_RETRIES = re.compile(r"\bretries: (\d+)")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_REASONS = {
    "kind: timeout": "no answer in time",
    "timed out": "no answer in time",
    "dns error": "its name is not known",
    "certificate": "its certificate is not trusted",
    "kind: connect": "nothing answers there",
    "decod": "the answer was cut off",
    "kind: request": "the connection was cut",
    "kind: interrupted": "the connection was cut",
}
_BEYOND_THE_END = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
_BEYOND = ("StartTooLarge", "ParseContentRange")  # as Azure's client says it
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")
_LOCKED = ("ImmutableDueToPolicy", "RetentionPolicyNotMet", "ObjectUnderActiveHold", "WORM")
_NO_IDENTITY = ("169.254.169.254", "metadata.google.internal", "token request")


class Answer(NamedTuple):
    """What is known of a request that failed.

    `status` is 0 if nothing was answered, `attempts` says how often the client has asked.
    """

    status: int
    code: str
    reason: str
    attempts: int
    text: str

    @property
    def wants_asking_again(self) -> bool:
        """Tell whether there was no answer, and the client did not dare to ask again.

        It asks again by itself after an answer of 429 or 5xx, and after silence when it
        reads; after silence when it writes it cannot know whether that was done.
        """
        return self.status == 0 and self.attempts <= 1

    @property
    def is_beyond_the_end(self) -> bool:
        """Tell whether bytes were asked for that begin where the object ends, or behind."""
        return self.status == _BEYOND_THE_END or any(sign in self.text for sign in _BEYOND)


def read_answer(error: Exception) -> Answer:
    """Take what is of use from a client's error."""
    text = str(error)
    status, code = _STATUS.search(text), _CODE.search(text)
    said = (text.rpartition("inner:")[2] or text).lower()
    known = (reason for sign, reason in _REASONS.items() if sign in said)
    reason = f"it answers {status[1]}" if status else next(known, "the request failed")
    return Answer(
        status=int(status[1]) if status else 404 * isinstance(error, FileNotFoundError),
        code=code[1] if code else "",
        reason=f"{reason} {code[1]}" if code else reason,
        attempts=int(retries[1]) + 1 if (retries := _RETRIES.search(text)) else 1,
        text=text,
    )


def patiently(place: Place, key: str, patience: Patience, ask: Callable[[], T]) -> T:
    """Ask until there is an answer, a few times at most."""
    from obstore.exceptions import BaseError

    for pause in (*patience.pauses(), None):
        try:
            return ask()
        except (BaseError, OSError) as error:
            if pause is None or not read_answer(error).wants_asking_again:
                raise failed(place, key, error) from error
        time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


@contextmanager
def asking(place: Place, key: str) -> Generator[None]:
    """Translate what goes wrong while the cloud is asked about `key`."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError) as error:
        raise failed(place, key, error) from error


def failed(place: Place, key: str, error: Exception) -> CairnError:
    """Say in one sentence why a request about `key` failed, and what to do."""
    answer = read_answer(error)
    if any(sign in answer.text for sign in _NO_BUCKET):
        return no_bucket(place)
    if any(sign in answer.text for sign in _LOCKED):
        return Refused(
            f"{place.url}/{key} is held by the bucket's retention policy and stays: "
            "run this again when its time is over"
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        return NotFound(
            f"{place.url}/{key} is not there: check the address, and that nothing removes "
            "what lies there"
        )
    return _refused(place, key, answer)


def no_bucket(place: Place) -> NotFound:
    """Say that the bucket itself is missing."""
    return NotFound(
        f"there is no bucket {place.bucket} for {place.url}: make it first, or correct the "
        "address"
    )


def _refused(place: Place, key: str, answer: Answer) -> CairnError:
    where = f"{place.url}/{key}" if key else place.url
    if answer.code == "AuthorizationHeaderMalformed" or "BareRedirect" in answer.text:
        return Invalid(f"{place.url} lies in another region: set AWS_REGION to that one")
    if any(sign in answer.text for sign in _NO_IDENTITY):
        return no_credentials(place)
    if answer.status in (401, 403):
        return Forbidden(
            f"{where} is refused ({answer.reason}): {CREDENTIALS[place.scheme]}, or let them "
            "read, write and list there"
        )
    if answer.status in (400, 405, 501):
        return Invalid(
            f"{where} cannot be asked for this ({answer.reason}): Cairn needs writes that "
            "create and never replace, which this service does not offer"
        )
    return Unavailable(
        f"{where} does not answer as it should ({answer.reason}): nothing that was stored is "
        "lost, so run this again when the service works"
    )
