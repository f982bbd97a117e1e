-- name: verdict_newest
-- Find the newest verdict before an entry on the files of artifacts.
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'verdict.record' AND (CAST(:before AS BIGINT) IS NULL OR seq < :before)
 ORDER BY seq DESC LIMIT 1;
