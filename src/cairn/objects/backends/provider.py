"""The clouds' own clients, made by obstore: credentials, encryption, patience."""

import random
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from cairn.core.errors import CairnError, Forbidden, Unavailable
from cairn.installed import installs
from cairn.objects.backends.bucket_address import CLOUDS, Place

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store

REQUEST_SECONDS = 15 * 60.0  # for 64 MiB over a line of 75 kB/s
CONNECT_SECONDS = 5.0
CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION)",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}


class Patience(NamedTuple):
    """How often a request is sent again, after which pauses, and how long silence may last."""

    retries: int = 6
    first_seconds: float = 0.1
    longest_seconds: float = 5.0
    silence_seconds: float = 30.0

    def pauses(self) -> Iterator[float]:
        """Yield what to wait before each further attempt: twice as long each time, at random.

        The full jitter of "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
        """
        for attempt in range(self.retries):
            longest = min(self.longest_seconds, self.first_seconds * 2**attempt)
            yield random.uniform(0, longest)  # noqa: S311 (spreads requests, hides nothing)


def connect(
    place: Place, patience: Patience, *, reads: bool
) -> "S3Store | GCSStore | AzureStore":
    """Make a client for reading or for writing; nothing is sent yet.

    Whoever writes is silent until all is sent, so silence ends requests that read, alone.
    Raises `Forbidden` if the environment has no credentials.
    """
    from obstore import store
    from obstore.exceptions import BaseError

    shared: dict[str, Any] = {
        "prefix": place.prefix or None,
        "client_options": _options(patience, reads=reads),
        "retry_config": _retries(patience),
    }
    try:
        match place.scheme:
            case "s3":
                return store.S3Store(place.bucket, config=_s3(place), **shared)
            case "gs":
                return store.GCSStore(place.bucket, **shared)
            case _:
                return store.AzureStore(place.bucket, **shared)
    except (BaseError, ValueError, OSError) as error:
        raise no_credentials(place) from error


def require_client(place: Place) -> None:
    """Raise `Unavailable` if this installation has no client for clouds."""
    if find_spec("obstore") is None:
        raise Unavailable(
            f"{place.url} lies in a cloud, and the client for clouds is not installed: "
            f"{installs('cloud')}"
        )


def no_credentials(place: Place) -> CairnError:
    """Say which credentials are missing or wrong."""
    return Forbidden(
        f"{CLOUDS[place.scheme]} cannot be asked for {place.url} with the credentials here: "
        + CREDENTIALS[place.scheme]
    )


def _s3(place: Place) -> Any:
    """Ask S3 to compare checksums, and to decide at the end of an upload what may appear."""
    config = {"checksum_algorithm": "SHA256", "copy_if_not_exists": "multipart"}
    if place.sse:
        config["server_side_encryption"] = place.sse
    if place.kms_key:
        config["sse_kms_key_id"] = place.kms_key
    return config


def _options(patience: Patience, *, reads: bool) -> dict[str, Any]:
    """An address that begins with http:// is somebody's choice; all others are https."""
    options: dict[str, Any] = {
        "allow_http": True,
        "connect_timeout": timedelta(seconds=min(CONNECT_SECONDS, patience.silence_seconds)),
        "timeout": timedelta(seconds=REQUEST_SECONDS),
        "user_agent": "cairn",
    }
    if reads:
        options["read_timeout"] = timedelta(seconds=patience.silence_seconds)
    return options


def _retries(patience: Patience) -> Any:
    return {
        "max_retries": patience.retries,
        "retry_timeout": timedelta(seconds=REQUEST_SECONDS / 3),
        "backoff": {
            "init_backoff": timedelta(seconds=patience.first_seconds),
            "max_backoff": timedelta(seconds=patience.longest_seconds),
            "base": 2,
        },
    }
