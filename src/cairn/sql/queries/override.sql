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
