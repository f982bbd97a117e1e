"""Secrets that are known from one place, looked for in every other one.

A value is found as it is, and as it stands in JSON, in a URL, in base64 (also in the middle of
something longer, such as `user:password`) and in hexadecimal digits.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Self

from cairn.core.secret.name import is_tellable
from cairn.core.secret.stretch import REDACTED

_SHORTEST_CODED = 10
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Known:
    """Secrets, each with the words for the place that it is known from."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        told = {value: origin for value, origin in (values or {}).items() if value}
        self._origins = {value: told[value] for value in told if is_tellable(value)}
        spelled = ((form, value) for value in self._origins for form in spellings(value))
        self._spellings = dict(sorted(spelled, key=lambda pair: -len(pair[0])))

    def __len__(self) -> int:
        """Count the secrets that are unlike other words."""
        return len(self._origins)

    def with_more(self, values: Mapping[str, str]) -> Self:
        """Know these as well; what is known already keeps its origin."""
        return type(self)({**values, **self._origins})

    def redact(self, text: str) -> str:
        """Take the secrets out of a text, however they are spelled."""
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, REDACTED)
        return text

    def origin(self, content: bytes) -> str | None:
        """Say where the first secret that stands in some bytes is known from; None if none."""
        for spelling, value in self._spellings.items():
            if spelling.encode() in content:
                return self._origins[value]
        return None


def spellings(value: str) -> Iterator[str]:
    """Yield the ways in which a value stands in texts, itself first."""
    forms = [value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    forms += [repr(value)[1:-1], _quoted(value, b""), _quoted(value, b"/"), value.strip()]
    forms.append(_quoted(value, b" ").replace(" ", "+"))
    forms += [form.lower() for form in forms[4:6]] if "%" in forms[4] else []
    raw = value.encode()
    forms += [raw.hex(), raw.hex().upper()] if len(raw) * 2 >= _SHORTEST_CODED else []
    for shift in range(3):
        coded = _coded(raw, shift)
        if len(coded) >= _SHORTEST_CODED:
            forms += [coded, re.sub(r"[+/]", lambda m: "-_"["+/".index(m[0])], coded)]
    yield from dict.fromkeys(forms)


def _coded(raw: bytes, shift: int) -> str:
    """Return the digits in base64 that bytes have behind `shift` others, whatever they are."""
    coded = base64.b64encode(bytes(shift) + raw).decode().rstrip("=")
    first = (shift * 8 + 5) // 6
    whole = (shift + len(raw)) * 8 // 6
    return coded[first:whole]


def _quoted(value: str, safe: bytes) -> str:
    return "".join(
        chr(byte) if byte in _UNRESERVED or byte in safe else f"%{byte:02X}"
        for byte in value.encode()
    )
