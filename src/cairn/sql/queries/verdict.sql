-- name: verdict_newest
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'verdict.record' AND (:before IS NULL OR seq < :before)
 ORDER BY seq DESC LIMIT 1;
