"""RFC 8785 a second time: reads JSON that is spelled canonically, and nothing else."""

import json
from decimal import Decimal
from typing import Any

from formats.shapes import Wrong, demand


def parse(content: bytes) -> Any:
    """Read JSON that is spelled canonically."""
    try:
        value = json.loads(
            content.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
        again = spell(value).encode()
    except (ValueError, RecursionError) as error:
        raise Wrong(f"not JSON: {error}") from error
    demand(again == content, "not canonical", content[:80])
    return value


def spell(value: Any) -> str:
    """Write a value as RFC 8785 says."""
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float():
            return _number(float(value))
        case list():
            return "[" + ",".join(map(spell, value)) + "]"
        case _:
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return (
                "{" + ",".join(f"{spell(name)}:{spell(value[name])}" for name in names) + "}"
            )


def _number(value: float) -> str:
    """Write a double as ECMAScript does (RFC 8785, section 3.2.2.3)."""
    demand(abs(value) < float("inf"), "not finite", value)
    if value == 0:
        return "0"
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, point = "".join(map(str, figures)), len(figures) + int(exponent)
    if len(digits) <= point <= 21:
        plain = digits.ljust(point, "0")
    elif 0 < point <= 21:
        plain = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        plain = f"0.{'0' * -point}{digits}"
    else:
        plain = f"{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{point - 1:+d}"
    return "-" * sign + plain


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    demand(len(dict(pairs)) == len(pairs), "a name comes twice", pairs)
    return dict(pairs)


def _integer(digits: str) -> int | float:
    return int(digits) if abs(float(digits)) < 2**53 else float(digits)


def _no_constant(word: str) -> None:
    raise Wrong(f"not JSON: {word}")
