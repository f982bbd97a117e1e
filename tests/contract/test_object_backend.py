"""What every place for bytes must do: one suite, published for others, on each of ours."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cairn.objects.backends.backend import Backend
from cairn.objects.backends.conformance import BackendConformance
from clouds.backends import PLACES, stored

PACK = "packs/" + "ab" * 32


@pytest.fixture(params=list(PLACES))
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    with PLACES[request.param](tmp_path) as place:
        yield place.backend


class TestEachPlace(BackendConformance):
    """The published suite, once for each place."""

    @pytest.fixture(autouse=True)
    def _at(self, backend: Backend) -> None:
        self._backend = backend

    def open(self) -> Backend:
        """Return the place that this test was given."""
        return self._backend


def test_an_error_on_the_way_leaves_nothing(backend: Backend, tmp_path: Path) -> None:
    incoming = backend.receive()
    with suppress(ZeroDivisionError):
        incoming.write(b"%d" % (1 // 0))
    incoming.discard()

    assert list(backend.list("")) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_only_its_own_folder_is_its_own(backend: Backend, tmp_path: Path) -> None:
    stored(backend, PACK, b"x")
    folder = tmp_path / "objects"
    elsewhere = tmp_path.stat()

    assert not backend.is_own(elsewhere.st_dev, elsewhere.st_ino)
    if folder.exists():
        assert backend.is_own(folder.stat().st_dev, folder.stat().st_ino)
