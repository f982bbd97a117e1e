"""The backend that the guide shows: a package of its own, found by its scheme."""

import re
import sys
from pathlib import Path

import pytest

from cairn.core.errors import Conflict, Invalid
from cairn.objects.address import open_backend, open_objects
from cairn.objects.backends import conformance
from cairn.objects.backends.backend import Backend
from cairn.objects.backends.conformance import BackendConformance

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "backends.md"


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the package as the page shows it."""
    code, _ = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/shelf.py").write_text(code)
    install(tmp_path / "site", "shelf", "shelf:Shelf")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(conformance, "LONG", 60)  # each is a transaction of its own here
    monkeypatch.delitem(sys.modules, "shelf", raising=False)


def install(site: Path, name: str, target: str) -> None:
    """Write what an installer writes of a package's entry point."""
    about = site / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[cairn.backends]\nshelf = {target}\n")


class TestShelf(BackendConformance):
    """The suite, as the page says."""

    @pytest.fixture(autouse=True)
    def _at(self, tmp_path: Path) -> None:
        self._path = tmp_path / "shelf.db"

    def open(self) -> Backend:
        """Open an empty shelf by its address."""
        return open_backend(f"shelf://{self._path}")


def test_objects_lie_on_the_shelf_as_anywhere(tmp_path: Path) -> None:
    address = f"shelf://{tmp_path}/shelf.db"

    digest = open_objects(address).put(b"weights")

    assert open_objects(address).get(digest) == b"weights"


def test_two_packages_for_one_scheme_are_a_conflict(tmp_path: Path) -> None:
    install(tmp_path / "site", "other", "other:Shelf")

    with pytest.raises(Conflict, match=r"shelf:// is claimed by .*: remove one"):
        open_backend("shelf:///x")


def test_a_scheme_that_nobody_adds_is_named() -> None:
    with pytest.raises(Invalid, match="install the package that adds drawer://"):
        open_backend("drawer:///x")


class Broken(BackendConformance):
    """A suite on a place that replaces what lies there: it must fail."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def open(self) -> Backend:
        """Return the broken place."""
        return self._backend


def test_the_suite_finds_a_place_that_replaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (tmp_path / "site/shelf.py").read_text()
    replacing = "ON CONFLICT DO UPDATE SET content = excluded.content"
    worse = page.replace("ON CONFLICT DO NOTHING", replacing)
    (tmp_path / "site/shelf.py").write_text(worse)
    monkeypatch.delitem(sys.modules, "shelf", raising=False)
    broken = Broken(open_backend(f"shelf://{tmp_path}/broken.db"))

    with pytest.raises(AssertionError, match="a second `place` claims to be first"):
        broken.test_nothing_is_ever_replaced()
