-- name: pin_newest
-- Find the newest check of a pinned source.
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'pin.check' ORDER BY seq DESC LIMIT 1;
