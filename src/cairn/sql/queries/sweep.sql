-- name: sweep_entries
SELECT content FROM ledger_entry ORDER BY seq;
