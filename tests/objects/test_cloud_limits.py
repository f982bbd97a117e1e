"""What a cloud takes as one object limits no object of ours: it lies there in packs."""

import os
import secrets
from unittest import mock

import pytest

from cairn.objects import ObjectStore
from cairn.objects.address import open_backend
from cairn.objects.backends import upload
from cairn.objects.packs import pack_writer
from clouds import servers


def test_an_object_larger_than_a_bucket_takes_at_once_lies_there_in_packs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upload, "MOST_BYTES", 6 << 20)
    monkeypatch.setattr(pack_writer, "PACK_BYTES", 1 << 20)
    content = bytes(range(256)) * (32 << 10)
    cloud = servers.s3()
    with mock.patch.dict(os.environ, cloud.environment(cloud.port)):
        backend = open_backend(f"s3://{servers.BUCKET}/{secrets.token_hex(8)}")
        objects = ObjectStore(backend)

        digest = objects.put(content)

        assert len(content) > upload.MOST_BYTES
        assert objects.get(digest) == content
        assert max(found.size for found in backend.list("packs/")) < upload.MOST_BYTES
