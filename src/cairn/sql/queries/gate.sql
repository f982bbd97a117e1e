-- name: policy_add
-- Bind a policy to a label.
INSERT INTO policy (seq, model, label, digest) VALUES (:seq, :model, :label, :digest);

-- name: policy_history
-- List the policies of a label, newest first.
SELECT seq FROM policy WHERE model = :model AND label = :label ORDER BY seq DESC;

-- name: policy_now
-- Find the policy that a label has now.
SELECT seq FROM policy WHERE model = :model AND label = :label ORDER BY seq DESC LIMIT 1;

-- name: policy_models
-- List the models that have a policy.
SELECT DISTINCT model FROM policy ORDER BY model;

-- name: policy_labels
-- List the labels of a model that have a policy.
SELECT DISTINCT label FROM policy WHERE model = :model ORDER BY label;

-- name: decision_add
-- Keep a decision about a candidate.
INSERT INTO decision (seq, digest, model, label, candidate, snapshot, verdict)
VALUES (:seq, :digest, :model, :label, :candidate, :snapshot, :verdict);

-- name: decision_by_digest
-- Find decisions by the beginning of their digest, newest first.
SELECT seq FROM decision WHERE digest LIKE :pattern ORDER BY seq DESC;

-- name: decision_list
-- List the decisions about a label, newest first.
SELECT seq FROM decision WHERE model = :model AND label = :label ORDER BY seq DESC;

-- name: look_add
-- Keep what a decision looked at, and which look it was.
INSERT INTO look (seq, snapshot, metric, grouping, evidence, number)
VALUES (:seq, :snapshot, :metric, :grouping, :evidence, :number);

-- name: look_known
-- Find the first look before an entry at evidence that was looked at already.
SELECT number, seq
  FROM look
 WHERE snapshot = :snapshot AND metric = :metric AND grouping = :grouping
   AND evidence = :evidence AND number > 0 AND (CAST(:before AS BIGINT) IS NULL OR seq < :before)
 ORDER BY seq
 LIMIT 1;

-- name: look_count
-- Count the different pieces of evidence that a question was asked of before an entry.
SELECT COUNT(DISTINCT evidence) AS looks
  FROM look
 WHERE snapshot = :snapshot AND metric = :metric AND grouping = :grouping
   AND number > 0 AND (CAST(:before AS BIGINT) IS NULL OR seq < :before);

-- name: look_candidates
-- List the candidates judged on a snapshot before an entry.
SELECT DISTINCT model, candidate
  FROM decision
 WHERE snapshot = :snapshot AND (CAST(:before AS BIGINT) IS NULL OR seq < :before);

-- name: look_uncounted
-- Count decisions before an entry that did not say what they looked at.
SELECT COUNT(*) AS decisions
  FROM decision
 WHERE snapshot = :snapshot AND (CAST(:before AS BIGINT) IS NULL OR seq < :before)
   AND NOT EXISTS (SELECT 1 FROM look WHERE look.seq = decision.seq);
