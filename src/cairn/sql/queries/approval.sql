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

-- name: override_add
INSERT INTO override (seq, model) VALUES (:seq, :model);

-- name: override_review
UPDATE override SET reviewed = :seq WHERE seq = :override;

-- name: override_reviewed
SELECT seq FROM override WHERE model = :model AND reviewed IS NOT NULL;

-- name: override_by_seq
SELECT seq, reviewed FROM override WHERE seq = :override;

-- name: override_list
SELECT seq, reviewed
  FROM override WHERE :model IS NULL OR model = :model ORDER BY seq DESC;
