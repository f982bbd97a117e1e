"""Ask both readers about the same bytes."""

from collections.abc import Callable

from hypothesis import strategies as st

from cairn.core.errors import Corrupt
from formats.golden_files import read_by_cairn, read_independently
from formats.shapes import Wrong


def accepts(read: Callable[[], object], refusal: type[Exception]) -> bool:
    """Whether `read` succeeds instead of refusing; any other exception is a fault."""
    try:
        read()
    except refusal:
        return False
    return True


def agree(kind: str, content: bytes) -> bool:
    """Whether both readers accept, which they must do alike."""
    cairn = accepts(lambda: read_by_cairn(kind, content), Corrupt)
    assert accepts(lambda: read_independently(kind, content), Wrong) == cairn, content
    return cairn


def edited(content: bytes, data: st.DataObject) -> bytes:
    """Replace, insert or take out a few bytes."""
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.integers(0, len(content)))
        gone = data.draw(st.integers(0, 2))
        content = content[:place] + data.draw(st.binary(max_size=2)) + content[place + gone :]
    return content
