-- name: override_add
-- Keep a move that was made against the gate.
INSERT INTO override (seq, model) VALUES (:seq, :model);

-- name: override_review
-- Keep that an override was reviewed.
UPDATE override SET reviewed = :seq WHERE seq = :override;

-- name: override_reviewed
-- List the overrides of a model that were reviewed.
SELECT seq FROM override WHERE model = :model AND reviewed IS NOT NULL;

-- name: override_by_seq
-- Find an override, and its review.
SELECT seq, reviewed FROM override WHERE seq = :override;

-- name: override_list
-- List overrides of one model or of all, newest first.
SELECT seq, reviewed
  FROM override WHERE CAST(:model AS TEXT) IS NULL OR model = :model ORDER BY seq DESC;
