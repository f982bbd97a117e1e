"""What PyTorch saves: a pickle of tensors, whose numbers lie beside it or behind it."""

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, number, part
from cairn.flavors.pickles.scan import scan_pickle, scan_torch
from cairn.flavors.pickles.steps import walk_pickle
from cairn.flavors.verdict import Verdict, joined, unsafe

_MAGIC_NUMBER = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_WIDEST = 16

PLAIN_MEMBERS = frozenset({"version", "byteorder", ".format_version", ".storage_alignment"})
SCRIPT_MEMBERS = frozenset({"constants.pkl"})


def is_old_torch(content: Content) -> bool:
    """Tell whether this is a file as PyTorch wrote it before version 1.6."""
    return content[2 : 2 + len(_MAGIC_NUMBER)] == _MAGIC_NUMBER and content[:1] == b"\x80"


def judge_old_torch(content: Content) -> Verdict:
    """Judge five pickles in a row, and the numbers of the tensors behind them."""
    parts: list[tuple[str, Verdict]] = []
    place = 0
    for what in ("magic number", "protocol", "machine", "model", "keys"):
        walk, broken, _ = walk_pickle(content, place)
        scan = scan_torch if what == "model" else scan_pickle
        end = len(content) if broken else walk.end
        parts.append((what, scan(content[place:end]).verdict))
        place = end
    try:
        while place < len(content):
            count = number(content, place, 8)
            place = _end_of_numbers(content, place + 8, count)
    except Corrupt as error:
        return unsafe("torch", str(error))
    return joined("torch", parts)


def _end_of_numbers(content: Content, place: int, count: int) -> int:
    """Find the end of one tensor's numbers; their width stands in the pickle.

    So any width will do that leads to another count, or to the end of the file.
    """
    for width in (4, 2, 8, 1, _WIDEST):
        end = place + count * width
        if end == len(content):
            return end
    part(content, place, count)
    return len(content)
