"""The registry in this process: read facts, call a core rule, write the change.

A handler of a change returns a `Draft`. The engine appends it to the ledger as an entry and
hands that entry, and nothing else, to the `apply` of its action, which writes the views. So
replaying the ledger makes the same views again: that is what rebuild and verify do.
"""
