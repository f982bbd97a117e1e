-- name: evaluation_add
INSERT INTO evaluation (digest, artifacts, snapshot, scorer, recorded)
VALUES (:digest, :artifacts, :snapshot, :scorer, :seq);

-- name: evaluation_by_digest
SELECT recorded FROM evaluation WHERE digest = :digest;

-- name: evaluation_list
SELECT recorded
  FROM evaluation
 WHERE artifacts = :artifacts
   AND (:snapshot IS NULL OR snapshot = :snapshot)
   AND (:before IS NULL OR recorded < :before)
 ORDER BY recorded DESC;

-- name: evaluation_artifacts
SELECT DISTINCT artifacts
  FROM evaluation
 WHERE snapshot = :snapshot AND (:before IS NULL OR recorded < :before);

-- name: latency_add
INSERT INTO latency (digest, artifacts, recorded) VALUES (:digest, :artifacts, :seq);

-- name: latency_by_digest
SELECT recorded FROM latency WHERE digest = :digest;

-- name: latency_list
SELECT recorded
  FROM latency
 WHERE artifacts = :artifacts AND (:before IS NULL OR recorded < :before)
 ORDER BY recorded DESC;

-- name: result_add
INSERT INTO result (digest, artifacts, recorded) VALUES (:digest, :artifacts, :seq);

-- name: result_by_digest
SELECT recorded FROM result WHERE digest = :digest;

-- name: result_list
SELECT recorded
  FROM result
 WHERE artifacts = :artifacts AND (:before IS NULL OR recorded < :before)
 ORDER BY recorded DESC;

-- name: measurer_add
INSERT INTO measurer (seq, digest) VALUES (:seq, :digest);

-- name: measurer_list
SELECT seq FROM measurer
 WHERE digest = :digest AND (:before IS NULL OR seq < :before)
 ORDER BY seq;
