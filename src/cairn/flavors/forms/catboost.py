"""CatBoost's binary models (`.cbm`): a table of FlatBuffers, and parts that it names.

The fields are those of CatBoost's own schema (catboost/libs/model/flatbuffers/model.fbs): the
form's version, the trees, pairs of text, and the names of what follows. All of it is numbers
and text: how categories, texts and embeddings become numbers is computed by CatBoost itself.
"""

from typing import Final

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content, number, part
from cairn.flavors.forms.flatbuffers import Table
from cairn.flavors.verdict import Verdict, safe, unknown

MAGIC: Final = b"CBM1"
VERSION: Final = "FlabuffersModel_v1"  # spelled as CatBoost spells it
PARTS: Final = frozenset(("static_ctr_provider_v1", "text_process_v2"))
_VERSION, _TREES, _PAIRS, _PARTS = range(4)


def judge_catboost(content: Content) -> Verdict:
    """Judge a file: safe if its table can be followed, and no part is one unheard of."""
    try:
        parts = parts_of(content)
    except Corrupt as error:
        return unknown("catboost", f"it cannot be followed to its end: {error}")
    if strange := sorted(set(parts) - PARTS):
        return unknown("catboost", f"it has parts that Cairn does not know: {strange}")
    return safe("catboost")


def parts_of(content: Content) -> list[str]:
    """Follow a file, and name the parts behind its table; raises `Corrupt` if that fails."""
    begin, size = len(MAGIC) + 4, number(content, len(MAGIC), 4)
    model = Table.root(part(content, begin, size))
    try:
        if model.text(_VERSION) != VERSION:
            raise Corrupt(f"its version is {model.text(_VERSION)!r}")
        model.table(_TREES)
        for pair in model.tables(_PAIRS):
            pair.text(0)
            pair.text(1)
        parts = [named.rstrip("\0") for named in model.texts(_PARTS)]
    except UnicodeDecodeError as error:
        raise Corrupt("a text in it is not UTF-8") from error
    if not parts and begin + size != len(content):
        raise Corrupt("it has bytes behind its end")
    return parts
