-- name: pin_newest
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'pin.check' ORDER BY seq DESC LIMIT 1;
