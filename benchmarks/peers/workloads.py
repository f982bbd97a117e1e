"""Files to store: many small ones, large ones, and what becomes of them."""

import json
import struct
from pathlib import Path

import numpy as np

GIBIBYTE = 1 << 30
FOLDER_FILES, SUBFOLDERS = 100, 10
INSERTED = 5_000_000
RUNS = 16
TENSORS = 16


def small_files(folder: Path, count: int) -> None:
    """Write files of 5 to 15 kB, 100 in a folder; the same each time."""
    random = np.random.default_rng(1)
    sizes = random.integers(5 << 10, 15 << 10, count)
    for first in range(0, count, FOLDER_FILES):
        number = first // FOLDER_FILES
        inner = folder / f"d{number // SUBFOLDERS:04d}" / f"s{number % SUBFOLDERS:02d}"
        inner.mkdir(parents=True)
        for index in range(first, min(first + FOLDER_FILES, count)):
            (inner / f"f{index:07d}.bin").write_bytes(random.bytes(int(sizes[index])))


def change_some(folder: Path, seed: int) -> None:
    """Write one file in a hundred anew, with as many bytes."""
    random = np.random.default_rng(seed)
    files = sorted(folder.rglob("*.bin"))
    for path in files[::100]:
        path.write_bytes(random.bytes(path.stat().st_size))


def large_file(path: Path, size: int, seed: int) -> None:
    """Write random bytes."""
    random = np.random.default_rng(seed)
    with path.open("wb") as file:
        for at in range(0, size, 64 << 20):
            file.write(random.bytes(min(64 << 20, size - at)))


def edit(path: Path) -> int:
    """Insert 5 MB in the middle and change 1% of the rest in 16 runs; returns new bytes."""
    random = np.random.default_rng(9)
    content = bytearray(path.read_bytes())
    run = len(content) // 100 // RUNS
    for number in range(RUNS):
        at = len(content) * (2 * number + 1) // (2 * RUNS)
        content[at : at + run] = random.bytes(run)
    middle = len(content) // 2
    content[middle:middle] = random.bytes(INSERTED)
    path.write_bytes(content)
    return INSERTED + run * RUNS


def safetensors(path: Path, size: int) -> None:
    """Write sixteen tensors of equal size behind a header."""
    each = size // TENSORS
    header = json.dumps(
        {
            f"layer.{number}": {
                "dtype": "F32",
                "shape": [each // 4],
                "data_offsets": [number * each, (number + 1) * each],
            }
            for number in range(TENSORS)
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    random = np.random.default_rng(4)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for _ in range(TENSORS):
            file.write(random.bytes(each))


def train_one_tensor(path: Path, size: int) -> int:
    """Change all of one tensor; returns its bytes."""
    each = size // TENSORS
    with path.open("r+b") as file:
        (header,) = struct.unpack("<Q", file.read(8))
        file.seek(8 + header + 7 * each)
        file.write(np.random.default_rng(5).bytes(each))
    return each
