"""Avro files of a table of Iceberg, read by a decoder that stops where they end.

PyIceberg's compiled decoder believes lengths: a manifest that was changed makes it read beyond
its bytes, which ends the process or gives memory away. Its other decoder checks each length.
"""

from importlib import import_module


def read_checked() -> None:
    """Let PyIceberg decode with its checking decoder, in this process and from now on."""
    decoder = import_module("pyiceberg.avro.decoder").StreamingBinaryDecoder
    for user in ("pyiceberg.avro.decoder", "pyiceberg.avro.file"):
        vars(import_module(user))["new_decoder"] = decoder
