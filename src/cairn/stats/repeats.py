"""Ids that look as if rows repeat something: a customer and a date, such as `c12-2026-03-01`.

Rows of one customer are alike, and judged one by one they pass for more than they are.
"""

import re
from collections import Counter
from collections.abc import Sequence

_DATED = re.compile(r"(.+?)[-_/:. ](?:19|20)\d\d-?[01]\d(?:-?[0-3]\d(?:[T_ ].*)?)?")
_SAMPLE = 50


def repeated(ids: Sequence[str]) -> tuple[str, int] | None:
    """Name what comes most often before a date, and how often, if all ids are like that."""
    step = max(1, len(ids) // _SAMPLE)
    if not all(_DATED.fullmatch(ids[at]) for at in range(0, len(ids), step)):
        return None
    found = [match[1] for one in ids if (match := _DATED.fullmatch(one))]
    if len(found) < len(ids) or not found:
        return None
    name, times = Counter(found).most_common(1)[0]
    return (name, times) if times > 1 else None
