"""A file of skops, judged: every name on the allow-list, every index where it can be."""

from cairn.core.errors import Corrupt
from cairn.flavors.content import Content
from cairn.flavors.forms.arrays import judge_array
from cairn.flavors.limits import Budget
from cairn.flavors.skops.audit import check_sparse, unlisted
from cairn.flavors.skops.nodes import read_archive
from cairn.flavors.skops.trees import check_trees
from cairn.flavors.verdict import Verdict, joined, safe, unsafe


def judge_skops(content: Content, budget: Budget) -> Verdict:
    """Judge a file before anything of it is restored."""
    try:
        archive = read_archive(content, budget)
        check_trees(archive)
        foreign = unlisted(archive.schema)
        check_sparse(archive.schema, archive.members)
    except Corrupt as error:
        return unsafe("skops", str(error))
    arrays = [
        (name, judge_array(member))
        for name, member in archive.members.items()
        if name.endswith(".npy")
    ]
    if any(array.safety != "safe" for _, array in arrays):
        return unsafe("skops", *joined("skops", arrays).reasons)
    if foreign:
        listed = ", ".join(foreign)
        return unsafe(
            "skops", f"it holds {listed}, which the allow-list does not", names=foreign
        )
    return safe("skops")
