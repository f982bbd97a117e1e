"""Digests that the examples name."""

from cairn.core.digest import digest_bytes

A, B, C, SNAPSHOT = (digest_bytes(name) for name in (b"a", b"b", b"c", b"snapshot"))
