-- name: testimony_list
-- List what others said of a model, oldest first.
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'testimony.record' ORDER BY seq;
