-- name: testimony_list
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'testimony.record' ORDER BY seq;
