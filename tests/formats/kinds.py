"""Every kind of stored record."""

from formats import schema, snapshot_schema

KINDS = {**schema.KINDS, **snapshot_schema.KINDS}
