"""A decision that is judged again: where it differs from the one that was made."""

from cairn.core.gate import Decision, Finding

_LONGEST = 100


def first_difference(made: Decision, now: Decision) -> str:
    """Say where two decisions differ first: the field, or the finding and its field."""
    for name in Decision.__struct_fields__:
        one, other = getattr(made, name), getattr(now, name)
        if one == other:
            continue
        if name != "findings" or len(made.findings) != len(now.findings):
            return f"{name} is {_said(one)}, judged again {_said(other)}"
        first, second = next(
            (a, b) for a, b in zip(made.findings, now.findings, strict=True) if a != b
        )
        field = next(
            n for n in Finding.__struct_fields__ if getattr(first, n) != getattr(second, n)
        )
        return (
            f"{field} of the check {first.check} is {_said(getattr(first, field))}, "
            f"judged again {_said(getattr(second, field))}"
        )
    return "nothing"


def _said(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
