"""A disk that does not answer is said in a sentence, and leaves no half of a file."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cairn import flavors
from cairn.core.errors import Unavailable
from cairn.flavors import pickled, sklearn
from models.fitted import MODELS

MODEL, ROWS = MODELS["linear_regression"]()

WRITES: dict[str, Callable[[Path], object]] = {
    "skops": lambda folder: sklearn.save(MODEL, folder),
    "pickle": lambda folder: pickled.save(MODEL, folder),
    "frame": lambda folder: flavors.write_frame(np.eye(2), folder / "frame"),
    "golden": lambda folder: flavors.make_golden(MODEL, ROWS, folder / "golden"),
}


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_bytes(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_full_disk_is_named(write: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be used: No space left on device"):
        write(tmp_path)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("kind", ["skops", "pickle"])
def test_a_full_disk_leaves_no_half_of_a_model(kind: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        WRITES[kind](tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sklearn.save(MODEL, tmp_path)

    def broken(self: Path, *_: Any) -> Any:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))

    for reading in ("read_bytes", "open"):
        monkeypatch.setattr(Path, reading, broken)

    for use in (flavors.load, flavors.inspect):
        with pytest.raises(
            Unavailable, match=r"model\.skops cannot be used: Input/output error"
        ):
            use(tmp_path)
