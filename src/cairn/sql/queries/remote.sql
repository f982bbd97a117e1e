-- name: remote_newest
-- Find when another ledger's key was last trusted.
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'remote.trust' ORDER BY seq DESC LIMIT 1;
