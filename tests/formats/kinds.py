"""Every kind of stored record."""

from formats import schema, snapshot_schema, sweep_schema, testimony_schema

KINDS = {
    **schema.KINDS,
    **snapshot_schema.KINDS,
    **sweep_schema.KINDS,
    **testimony_schema.KINDS,
}
