-- name: approval_ask
INSERT INTO approval_request (seq, subject, basis, model)
VALUES (:seq, :subject, :basis, :model);

-- name: approval_by_subject
SELECT seq, basis FROM approval_request WHERE subject LIKE :pattern ORDER BY seq DESC;

-- name: approval_by_basis
SELECT seq FROM approval_request WHERE basis = :basis ORDER BY seq;

-- name: approval_asked
SELECT MAX(seq)
  FROM approval_request
 WHERE :model IS NULL OR model = :model
 GROUP BY basis
 ORDER BY MAX(seq) DESC;

-- name: approval_add
INSERT INTO approval (seq, basis) VALUES (:seq, :basis);

-- name: approval_given
SELECT seq FROM approval WHERE basis = :basis ORDER BY seq;
