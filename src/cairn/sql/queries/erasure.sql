-- name: erasure_entries
SELECT content FROM ledger_entry WHERE action = 'objects.erase' ORDER BY seq;
