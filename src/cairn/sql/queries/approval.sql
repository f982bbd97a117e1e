-- name: approval_ask
-- Keep that people were asked about a subject, on a basis.
INSERT INTO approval_request (seq, subject, basis, model)
VALUES (:seq, :subject, :basis, :model);

-- name: approval_by_subject
-- Find requests by the beginning of their subject's digest, newest first.
SELECT seq, basis FROM approval_request WHERE subject LIKE :pattern ORDER BY seq DESC;

-- name: approval_by_basis
-- List the requests made on one basis, oldest first.
SELECT seq FROM approval_request WHERE basis = :basis ORDER BY seq;

-- name: approval_asked
-- List the newest request of each basis, of one model or of all.
SELECT MAX(seq) AS seq
  FROM approval_request
 WHERE CAST(:model AS TEXT) IS NULL OR model = :model
 GROUP BY basis
 ORDER BY MAX(seq) DESC;

-- name: approval_add
-- Keep that somebody agreed to what was asked on a basis.
INSERT INTO approval (seq, basis) VALUES (:seq, :basis);

-- name: approval_given
-- List the approvals given on a basis, oldest first.
SELECT seq FROM approval WHERE basis = :basis ORDER BY seq;
