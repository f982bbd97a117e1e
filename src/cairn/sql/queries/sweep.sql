-- name: sweep_entries
-- Read every entry, oldest first.
SELECT content FROM ledger_entry ORDER BY seq;
