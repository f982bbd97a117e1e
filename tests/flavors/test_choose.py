"""Which flavor stores or loads what, and how others can offer one."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression

from cairn import flavors
from cairn.core.errors import Invalid, NotFound
from cairn.flavors import choose
from cairn.flavors.packages import package


class Thing:
    """Something that Cairn does not know."""


class Things:
    """A flavor for things, as a distribution would offer it."""

    def __init__(self, name: str = "things") -> None:
        self.name = name

    def handles(self, model: object) -> bool:
        """Take things."""
        return isinstance(model, Thing)

    def recognises(self, directory: Path) -> bool:
        """Look for a thing."""
        return (directory / "thing.txt").exists()

    def save(self, model: object, directory: Path) -> None:
        """Write a thing."""
        (directory / "thing.txt").write_text(type(model).__name__)

    def load(self, directory: Path, *, trust: bool) -> Thing:
        """Read a thing."""
        assert self.recognises(directory)
        assert not trust
        return Thing()

    def score(self, model: object, inputs: Any, *, method: str) -> Any:
        """Answer as a plugin may: with a list."""
        del model
        return [float(len(method))] * len(inputs)


def offered(monkeypatch: pytest.MonkeyPatch, *points: Any) -> None:
    choose.plugins.cache_clear()

    def entry_points(*, group: str) -> tuple[Any, ...]:
        return points if group == "cairn.flavors" else ()

    monkeypatch.setattr(choose, "entry_points", entry_points)


def point(name: str, load: Any) -> Any:
    return SimpleNamespace(name=name, load=load, value=f"pkg:{name}")


@pytest.fixture(autouse=True)
def forget_plugins() -> Any:
    yield
    choose.plugins.cache_clear()


def test_an_estimator_is_stored_by_scikit_learns_flavor() -> None:
    assert flavors.flavor_for(LinearRegression()).name == "sklearn"


@pytest.mark.parametrize("model", [Thing(), {"a": 1}, None, LinearRegression])
def test_other_objects_are_refused_by_the_name_of_their_class(model: Any) -> None:
    kind = type(model)

    with pytest.raises(
        Invalid, match=rf"no safe format for a {kind.__module__}\.{kind.__name__}"
    ):
        flavors.flavor_for(model)


def test_flavors_are_found_by_name() -> None:
    assert flavors.flavor_named("pickle").name == "pickle"
    with pytest.raises(
        NotFound,
        match=r"no flavor 'onnx': installed are catboost, files, lightgbm, pickle, sklearn",
    ):
        flavors.flavor_named("onnx")


def test_any_other_directory_is_plain_files(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"x")

    flavor = flavors.flavor_in(tmp_path)

    assert flavor.name == "files"
    assert flavors.load(tmp_path) == tmp_path
    with pytest.raises(Invalid, match="does not load in process"):
        flavor.score(tmp_path, [1], method="")
    with pytest.raises(Invalid, match="write it with its own library"):
        flavor.save(Thing(), tmp_path)


def test_nothing_to_load_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="has no files"):
        flavors.load(tmp_path)
    with pytest.raises(NotFound, match="is not a directory"):
        flavors.load(tmp_path / "absent")


def test_a_plugin_stores_and_loads_what_it_handles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(monkeypatch, point("things", Things))

    written = flavors.save(Thing(), tmp_path)

    assert written.flavor == "things"
    assert isinstance(flavors.load(tmp_path), Thing)
    assert flavors.make_golden(Thing(), [1, 2], tmp_path / "golden", method="any").rows == 2


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (
            lambda: 1 / 0,
            r"the plugin things \(pkg:things\) cannot be loaded: ZeroDivisionError",
        ),
        (object, r"the plugin things \(pkg:things\) is not a flavor: it has no"),
        (lambda: Things("sklearn"), r"offers the flavor 'sklearn', which there is already"),
    ],
)
def test_a_broken_plugin_is_named(
    load: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(monkeypatch, point("things", load))

    with pytest.raises(Invalid, match=message):
        flavors.flavor_named("anything")


def test_plugins_are_found_by_their_entry_point() -> None:
    assert EntryPoint("json", "json", choose.GROUP).load().loads("1") == 1
    assert choose.GROUP == "cairn.flavors"
    assert choose.plugins() == ()


def test_a_missing_library_is_said_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.delitem(sys.modules, "skops.io", raising=False)

    with pytest.raises(Invalid, match=r"skops is not installed: .*\[sklearn\]'"):
        package("skops.io")
