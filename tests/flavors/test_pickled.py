"""Pickles are loaded after a scan, by those who trust them, and never if they attack."""

import gzip
import pickle
import sys
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from cairn import flavors
from cairn.core.errors import Invalid, Refused
from cairn.flavors import pickled
from models import streams
from models.fitted import MODELS


@pytest.fixture
def own_class(monkeypatch: pytest.MonkeyPatch) -> type[Any]:
    """A class of the project's own, in a module that can be imported."""
    module = types.ModuleType("house_models")
    kind = type("House", (), {"__module__": "house_models"})
    monkeypatch.setattr(module, "House", kind, raising=False)
    monkeypatch.setitem(sys.modules, "house_models", module)
    return kind


@pytest.fixture(scope="module")
def model() -> tuple[Any, Any]:
    return MODELS["hist_boosting_categories"]()


def dumped(model: Any, path: Path) -> None:
    path.write_bytes(pickle.dumps(model))


def packed(model: Any, path: Path, *, kind: Any) -> None:
    compress: Any = (kind, 3)
    joblib.dump(model, path, compress=compress)


WAYS: dict[str, Callable[[Any, Path], object]] = {
    "pickle": dumped,
    "joblib": joblib.dump,
    **{kind: partial(packed, kind=kind) for kind in ("zlib", "gzip", "bz2", "xz", "lzma")},
}


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS.keys())
def test_an_ordinary_pickle_is_refused_until_it_is_trusted(
    tmp_path: Path, model: tuple[Any, Any], write: Callable[[Any, Path], object]
) -> None:
    write(model[0], tmp_path / "model.bin")

    with pytest.raises(
        Refused, match=r"model\.bin is a .* file, and loading it can run code"
    ) as no:
        flavors.load(tmp_path)

    assert "trust=True" in no.value.fix
    loaded: Any = flavors.load(tmp_path, trust=True)
    assert np.array_equal(loaded.predict_proba(model[1]), model[0].predict_proba(model[1]))


def test_a_class_of_ones_own_is_named_and_can_be_trusted(
    tmp_path: Path, own_class: type[Any]
) -> None:
    dumped(own_class(), tmp_path / "model.pkl")

    with pytest.raises(
        Refused, match=r"it names house_models\.House, which the allow-list does not"
    ):
        flavors.load(tmp_path)

    assert isinstance(flavors.load(tmp_path, trust=True), own_class)


@pytest.mark.parametrize(
    "attack",
    [
        "os.system in protocol 0",
        "name that a call computes",
        "two streams",
        "extension code 1",
    ],
)
def test_an_attack_is_not_loaded_even_if_trusted(tmp_path: Path, attack: str) -> None:
    (tmp_path / "model.pkl").write_bytes(streams.ATTACKS[attack])

    with pytest.raises(Refused, match="is not loaded, trusted or not"):
        flavors.load(tmp_path, trust=True)


def test_an_attack_inside_a_compressed_file_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(gzip.compress(streams.SYSTEM + streams.STOP))

    with pytest.raises(Refused, match=r"os\.system, which no model needs"):
        flavors.load(tmp_path, trust=True)


def test_two_compressed_streams_in_one_file_are_refused(tmp_path: Path) -> None:
    harmless = gzip.compress(pickle.dumps(1))
    (tmp_path / "model.pkl").write_bytes(harmless + gzip.compress(streams.SYSTEM))

    assert "bytes follow the end of its compression" in flavors.inspect(tmp_path).reasons[0]
    assert flavors.inspect(tmp_path).safety == "unsafe"
    assert flavors.flavor_in(tmp_path).name == "files"


def test_nothing_is_looked_up_that_the_scan_did_not_show() -> None:
    content = pickle.dumps(np.float64(1.5))

    with (
        pytest.raises(Refused, match="which its scan did not show"),
        pickled.looking_up(frozenset({("builtins", "dict")})),
    ):
        pickle.loads(content)

    assert pickle.loads(content) == 1.5


def test_two_pickles_in_one_directory_are_ambiguous(tmp_path: Path) -> None:
    dumped(1, tmp_path / "a.pkl")
    dumped(2, tmp_path / "b.pkl")

    with pytest.raises(Invalid, match=r"must hold one pickle, and holds a\.pkl, b\.pkl"):
        flavors.load(tmp_path, trust=True)


def test_a_safe_file_is_preferred_to_a_pickle_beside_it(
    tmp_path: Path, model: tuple[Any, Any]
) -> None:
    flavors.save(model[0], tmp_path)
    (tmp_path / "model.pkl").write_bytes(streams.SYSTEM + streams.STOP)

    loaded: Any = flavors.load(tmp_path)

    assert np.array_equal(loaded.predict(model[1]), model[0].predict(model[1]))


def test_what_is_missing_here_is_said_in_a_sentence(tmp_path: Path) -> None:
    stream = streams.named("not_installed_anywhere", "Model") + streams.STOP
    (tmp_path / "model.pkl").write_bytes(stream)

    with pytest.raises(Refused, match=r"cannot be loaded here: ModuleNotFoundError"):
        flavors.load(tmp_path, trust=True)


def test_saving_refuses_what_no_other_process_could_load(
    tmp_path: Path, own_class: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    main = sys.modules["__main__"]
    monkeypatch.setattr(
        main, "Mine", type("Mine", (), {"__module__": "__main__"}), raising=False
    )

    with pytest.raises(Invalid, match="uses Mine from the script itself"):
        pickled.save(main.Mine(), tmp_path)
    with pytest.raises(Invalid, match="cannot be pickled"):
        pickled.save(lambda: None, tmp_path)
    pickled.save(own_class(), tmp_path)

    assert isinstance(flavors.load(tmp_path, trust=True), own_class)
    assert [path.name for path in tmp_path.iterdir()] == ["model.pkl"]
