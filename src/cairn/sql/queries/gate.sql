-- name: policy_add
INSERT INTO policy (seq, model, label, digest) VALUES (:seq, :model, :label, :digest);

-- name: policy_history
SELECT seq FROM policy WHERE model = :model AND label = :label ORDER BY seq DESC;

-- name: decision_add
INSERT INTO decision (seq, digest, model, label, candidate, snapshot, verdict)
VALUES (:seq, :digest, :model, :label, :candidate, :snapshot, :verdict);

-- name: decision_by_digest
SELECT seq FROM decision WHERE digest LIKE :pattern ORDER BY seq DESC;

-- name: decision_list
SELECT seq FROM decision WHERE model = :model AND label = :label ORDER BY seq DESC;

-- name: decision_looks
SELECT COUNT(*) FROM decision WHERE snapshot = :snapshot;
