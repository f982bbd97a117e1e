-- name: reproduction_of_version
-- List the reproductions of a version, newest first.
SELECT seq FROM ledger_entry
 WHERE subject = :subject AND action = 'reproduction.record' ORDER BY seq DESC;
