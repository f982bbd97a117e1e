"""Arrays <-> `.npy` bytes, never pickled, and equal bytes for equal arrays."""

import io
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

from cairn.core.errors import Corrupt

MAGIC = b"\x93NUMPY"
_FIRST = MAGIC + b"\x01\x00"  # of format 1.0: two bytes with the length of the header follow
_NUMBERS = "biufcV"
_LONGEST_HEAD = 4096


def array_bytes(values: Any) -> bytes:
    """Spell an array without object values as `.npy` 1.0 (2.0 where its type needs it).

    The memory order (C or Fortran) is kept, and the bytes between the fields of a structured
    type are zero: otherwise whatever lay in memory before would end up in the file.
    """
    import numpy as np

    array = np.asarray(values)
    if array.dtype.names is not None:
        clean = np.zeros(array.shape, dtype=array.dtype)
        for field in array.dtype.names:
            clean[field] = array[field]
        array = clean
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    if array.dtype.kind in _NUMBERS and not array.dtype.hasobject:
        head = _head(array.dtype, array.shape, fortran=fortran)
        if head is not None:
            return head + array.tobytes("F" if fortran else "C")
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=False)
    return content.getvalue()


@lru_cache(256)
def _head(dtype: Any, shape: tuple[int, ...], *, fortran: bool) -> bytes | None:
    """Spell what comes before the values; None if a header of format 1.0 cannot say it.

    The hundreds of arrays in a forest have few heads, and numpy takes longer for one than for
    the values.
    """
    import numpy as np

    described = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": fortran,
        "shape": shape,
    }
    content = io.BytesIO()
    try:
        np.lib.format.write_array_header_1_0(content, described)
    except ValueError:
        return None
    return content.getvalue()


def array_from(content: bytes) -> Any:
    """Read `.npy` bytes; raises `Corrupt` if they are anything else, or hold objects.

    The sizes are compared before memory is taken: a header cannot ask for more than is there.
    """
    import numpy as np

    dtype, shape, fortran, start = read_header(content)
    if dtype.hasobject:
        raise Corrupt("an array holds Python objects, which only pickle can read")
    count = math.prod(shape)
    if count * dtype.itemsize != len(content) - start:
        raise Corrupt(
            f"an array of {count} x {dtype.itemsize} bytes has {len(content) - start} bytes"
        )
    flat = np.frombuffer(content, dtype=dtype, count=count, offset=start).copy()
    return flat.reshape(shape, order="F" if fortran else "C")


def read_header(content: bytes) -> tuple[Any, tuple[int, ...], bool, int]:
    """Read dtype, shape, whether the order is Fortran's, and where the values begin."""
    if content[: len(_FIRST)] == _FIRST:
        start = (
            len(_FIRST) + 2 + int.from_bytes(content[len(_FIRST) : len(_FIRST) + 2], "little")
        )
        if start <= _LONGEST_HEAD:
            return _known_head(content[:start])
    return _parse_head(content)


@lru_cache(256)
def _known_head(content: bytes) -> tuple[Any, tuple[int, ...], bool, int]:
    """Read a head as often as arrays have others: see `_head`."""
    return _parse_head(content)


def _parse_head(content: bytes) -> tuple[Any, tuple[int, ...], bool, int]:
    import numpy as np

    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, dtype = read(file)
    except (ValueError, KeyError, SyntaxError, TypeError, EOFError, RecursionError) as error:
        raise Corrupt(f"an array header cannot be read: {error}") from error
    if any(length < 0 for length in shape):
        raise Corrupt(f"an array has the impossible shape {shape}")
    return dtype, shape, fortran, file.tell()


def write_array(values: Any, path: Path) -> None:
    """Write an array as `.npy`."""
    path.write_bytes(array_bytes(values))


def read_array(path: Path) -> Any:
    """Read a `.npy` file; raises `Corrupt` naming it."""
    try:
        return array_from(path.read_bytes())
    except (OSError, Corrupt) as error:
        raise Corrupt(f"{path.name} cannot be read as an array: {error}") from error
