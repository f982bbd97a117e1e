"""The last step of every check: findings that can be stored, equal on every machine."""

from typing import TypeVar

import msgspec

from cairn.core.gate import Finding, GroupFinding
from cairn.stats.summary import rounded

_LONGEST = 2000

Part = TypeVar("Part", Finding, GroupFinding)


def settle(finding: Finding) -> Finding:
    """Round numbers to twelve significant digits, where libraries and processors agree.

    Texts are cut to what a record may hold.
    """
    groups = tuple(_settled(group) for group in finding.groups)
    return _settled(msgspec.structs.replace(finding, groups=groups))


def _settled(part: Part) -> Part:
    changes: dict[str, float | str] = {}
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, float):
            changes[name] = rounded(value)
        elif isinstance(value, str):
            changes[name] = value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
    return msgspec.structs.replace(part, **changes)
