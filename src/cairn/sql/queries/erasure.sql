-- name: erasure_entries
-- Read every entry that erased objects.
SELECT content FROM ledger_entry WHERE action = 'objects.erase' ORDER BY seq;
