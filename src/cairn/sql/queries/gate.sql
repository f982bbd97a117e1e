-- name: policy_add
INSERT INTO policy (seq, model, label, digest) VALUES (:seq, :model, :label, :digest);

-- name: policy_history
SELECT seq FROM policy WHERE model = :model AND label = :label ORDER BY seq DESC;

-- name: policy_now
SELECT seq FROM policy WHERE model = :model AND label = :label ORDER BY seq DESC LIMIT 1;

-- name: policy_models
SELECT DISTINCT model FROM policy ORDER BY model;

-- name: policy_labels
SELECT DISTINCT label FROM policy WHERE model = :model ORDER BY label;

-- name: decision_add
INSERT INTO decision (seq, digest, model, label, candidate, snapshot, verdict)
VALUES (:seq, :digest, :model, :label, :candidate, :snapshot, :verdict);

-- name: decision_by_digest
SELECT seq FROM decision WHERE digest LIKE :pattern ORDER BY seq DESC;

-- name: decision_list
SELECT seq FROM decision WHERE model = :model AND label = :label ORDER BY seq DESC;

-- name: look_add
INSERT INTO look (seq, snapshot, metric, grouping, evidence, number)
VALUES (:seq, :snapshot, :metric, :grouping, :evidence, :number);

-- name: look_known
SELECT number, seq
  FROM look
 WHERE snapshot = :snapshot AND metric = :metric AND grouping = :grouping
   AND evidence = :evidence AND number > 0 AND (:before IS NULL OR seq < :before)
 ORDER BY seq
 LIMIT 1;

-- name: look_count
SELECT COUNT(DISTINCT evidence)
  FROM look
 WHERE snapshot = :snapshot AND metric = :metric AND grouping = :grouping
   AND number > 0 AND (:before IS NULL OR seq < :before);

-- name: look_candidates
SELECT DISTINCT model, candidate
  FROM decision
 WHERE snapshot = :snapshot AND (:before IS NULL OR seq < :before);

-- name: look_uncounted
SELECT COUNT(*)
  FROM decision
 WHERE snapshot = :snapshot AND (:before IS NULL OR seq < :before)
   AND NOT EXISTS (SELECT 1 FROM look WHERE look.seq = decision.seq);
