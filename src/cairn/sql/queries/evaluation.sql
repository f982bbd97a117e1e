-- name: evaluation_add
-- Keep an evaluation of artifacts on a snapshot.
INSERT INTO evaluation (digest, artifacts, snapshot, scorer, recorded)
VALUES (:digest, :artifacts, :snapshot, :scorer, :seq);

-- name: evaluation_by_digest
-- Find the entry that recorded an evaluation.
SELECT recorded FROM evaluation WHERE digest = :digest;

-- name: evaluation_list
-- List evaluations of artifacts, newest first; `before` an entry, of one snapshot or of all.
SELECT recorded
  FROM evaluation
 WHERE artifacts = :artifacts
   AND (CAST(:snapshot AS TEXT) IS NULL OR snapshot = :snapshot)
   AND (CAST(:before AS BIGINT) IS NULL OR recorded < :before)
 ORDER BY recorded DESC;

-- name: evaluation_artifacts
-- List what was ever evaluated on a snapshot before an entry.
SELECT DISTINCT artifacts
  FROM evaluation
 WHERE snapshot = :snapshot AND (CAST(:before AS BIGINT) IS NULL OR recorded < :before);

-- name: latency_add
-- Keep a measurement of how long calls take.
INSERT INTO latency (digest, artifacts, recorded) VALUES (:digest, :artifacts, :seq);

-- name: latency_by_digest
-- Find the entry that recorded a measurement of latency.
SELECT recorded FROM latency WHERE digest = :digest;

-- name: latency_list
-- List measurements of latency of artifacts before an entry, newest first.
SELECT recorded
  FROM latency
 WHERE artifacts = :artifacts AND (CAST(:before AS BIGINT) IS NULL OR recorded < :before)
 ORDER BY recorded DESC;

-- name: result_add
-- Keep the result of a check that the project brings.
INSERT INTO result (digest, artifacts, recorded) VALUES (:digest, :artifacts, :seq);

-- name: result_by_digest
-- Find the entry that recorded a result.
SELECT recorded FROM result WHERE digest = :digest;

-- name: result_list
-- List results of artifacts before an entry, newest first.
SELECT recorded
  FROM result
 WHERE artifacts = :artifacts AND (CAST(:before AS BIGINT) IS NULL OR recorded < :before)
 ORDER BY recorded DESC;

-- name: measurer_add
-- Keep that somebody signed a piece of evidence.
INSERT INTO measurer (seq, digest) VALUES (:seq, :digest);

-- name: measurer_list
-- List who signed a piece of evidence before an entry, oldest first.
SELECT seq FROM measurer
 WHERE digest = :digest AND (CAST(:before AS BIGINT) IS NULL OR seq < :before)
 ORDER BY seq;
