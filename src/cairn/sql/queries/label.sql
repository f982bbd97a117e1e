-- name: label_add_move
-- Move a label: the one statement that does.
INSERT INTO label_move (seq, model, label, version) VALUES (:seq, :model, :label, :version);

-- name: label_now
-- Find the newest move of a label.
SELECT seq FROM label_move WHERE model = :model AND label = :label ORDER BY seq DESC LIMIT 1;

-- name: label_history
-- List the moves of a label, oldest first.
SELECT seq FROM label_move WHERE model = :model AND label = :label ORDER BY seq;

-- name: label_before
-- List the moves of a label before an entry, newest first.
SELECT seq
  FROM label_move
 WHERE model = :model AND label = :label AND seq < :before
 ORDER BY seq DESC
 LIMIT :limit;

-- name: label_after
-- Find the first move of a label after an entry.
SELECT seq
  FROM label_move
 WHERE model = :model AND label = :label AND seq > :after
 ORDER BY seq
 LIMIT 1;

-- name: label_next_of
-- Find when a label next came to a version after an entry.
SELECT seq
  FROM label_move
 WHERE model = :model AND label = :label AND version = :version AND seq > :after
 ORDER BY seq
 LIMIT 1;

-- name: label_count
-- Count the moves of a label.
SELECT COUNT(*) AS moves FROM label_move WHERE model = :model AND label = :label;

-- name: label_all
-- Find the newest move of each label of a model.
SELECT MAX(seq) AS seq FROM label_move WHERE model = :model GROUP BY label ORDER BY label;

-- name: label_names
-- List the labels that a model ever had.
SELECT DISTINCT label FROM label_move WHERE model = :model ORDER BY label;

-- name: label_add_drill
-- Keep a drill of a rollback.
INSERT INTO drill (seq, model, label, digest) VALUES (:seq, :model, :label, :digest);

-- name: label_drills
-- List the drills of a label, newest first.
SELECT seq FROM drill WHERE model = :model AND label = :label ORDER BY seq DESC;

-- name: label_tenures
-- List when a version held which label before an entry, and which move ended that.
SELECT label, seq,
       (SELECT MIN(later.seq)
          FROM label_move AS later
         WHERE later.model = held.model AND later.label = held.label AND later.seq > held.seq
           AND (CAST(:before AS BIGINT) IS NULL OR later.seq < :before)) AS ended
  FROM label_move AS held
 WHERE model = :model AND version = :number AND (CAST(:before AS BIGINT) IS NULL OR seq < :before)
 ORDER BY seq;
