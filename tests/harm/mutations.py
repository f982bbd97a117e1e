"""Bytes that were changed at random, as disks, networks and people who try it change them."""

import random


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Change, cut, double or fill a few places."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed)) if changed else 0
        match chance.randrange(5):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                changed[at : at + chance.randint(1, 8)] = b""
            case 2:
                changed[at:at] = changed[at : at + chance.randint(1, 40)]
            case 3:
                changed[at : at + 4] = chance.choice(
                    [b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"]
                )
            case _:
                del changed[at:]
    return bytes(changed)
