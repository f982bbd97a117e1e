-- name: remote_newest
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'remote.trust' ORDER BY seq DESC LIMIT 1;
