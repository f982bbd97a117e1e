"""Look after a store: check it, sweep what nothing needs, erase what must not stay."""
