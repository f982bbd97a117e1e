"""A place that does not answer is unavailable, whatever lies there: it is not broken."""

from collections.abc import Generator

import pytest

from cairn.core.errors import Unavailable
from cairn.data.buckets import bucket
from cairn.data.source import snapshot
from cairn.registry import Registry

NOBODY = "127.0.0.1:9"
SILENT = {
    "AWS_ENDPOINT_URL": f"http://{NOBODY}",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
    "LAKECTL_SERVER_ENDPOINT_URL": f"http://{NOBODY}",
    "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": "key",
    "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": "secret",
}


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Services that are set up, and that nobody runs."""
    for name, value in SILENT.items():
        monkeypatch.setenv(name, value)
    bucket.forget_buckets()
    yield
    bucket.forget_buckets()


@pytest.mark.parametrize(
    "address",
    [
        "s3://bucket/data",
        "delta://s3://bucket/table",
        "delta://s3://bucket/table@3",
        "iceberg://s3://bucket/table/metadata/00001-x.metadata.json",
        "lakefs://repository/main/data",
        "postgresql://127.0.0.1:9/shop?query=SELECT 1&order_by=1",
    ],
)
def test_silence_is_not_damage(registry: Registry, address: str) -> None:
    with pytest.raises(Unavailable, match=r"answer|connect|cannot be asked"):
        snapshot(registry, address)

    assert registry.snapshots() == ()
