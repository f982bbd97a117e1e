"""Plain JSON values whose canonical spelling is not obvious."""

import struct
from typing import Any


def double(hexadecimal: str) -> float:
    """Read the eight bytes of a double, as RFC 8785 prints them."""
    return struct.unpack(">d", bytes.fromhex(hexadecimal))[0]


# RFC 8785, appendix B: bytes of a double, and how it is spelled.
RFC8785_NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

VALUES: dict[str, Any] = {
    "numbers": [double(hexadecimal) for hexadecimal in RFC8785_NUMBERS],
    "integers": [0, -1, 1, 255, 2**53 - 1, -(2**53) + 1, 1.0, -0.0, 1e15, 1e16, 1e20],
    "constants": [None, True, False, [], {}, "", [[]], [{}]],
    "strings": [
        'quote " backslash \\ slash /',
        "\b\f\n\r\t",
        "".join(map(chr, range(0x20))),
        "delete \x7f, C1 \x80\x9f, separators \u2028\u2029",
        "\u20ac, caf\u00e9, cafe\u0301",
        "\ufb33, \U0001f602",
        "</script>",
    ],
    # Names sort by UTF-16 code units: U+1F602 (d83d de02) comes before U+FB33.
    "names": {
        "\u20ac": "euro sign",
        "\r": "carriage return",
        "\ufb33": "hebrew letter dalet with dagesh",
        "1": "one",
        "\U0001f602": "face with tears of joy",
        "\x80": "control",
        "\u00f6": "latin small letter o with diaeresis",
        "": "empty",
        "a": {"b": {"B": {"_": [1]}}},
        "aa": 2,
        "a.b": 3,
    },
}
