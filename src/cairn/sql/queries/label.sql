-- name: label_add_move
INSERT INTO label_move (seq, model, label, version) VALUES (:seq, :model, :label, :version);

-- name: label_now
SELECT seq FROM label_move WHERE model = :model AND label = :label ORDER BY seq DESC LIMIT 1;

-- name: label_history
SELECT seq FROM label_move WHERE model = :model AND label = :label ORDER BY seq;

-- name: label_before
SELECT seq
  FROM label_move
 WHERE model = :model AND label = :label AND seq < :before
 ORDER BY seq DESC
 LIMIT :limit;

-- name: label_after
SELECT seq
  FROM label_move
 WHERE model = :model AND label = :label AND seq > :after
 ORDER BY seq
 LIMIT 1;

-- name: label_next_of
SELECT seq
  FROM label_move
 WHERE model = :model AND label = :label AND version = :version AND seq > :after
 ORDER BY seq
 LIMIT 1;

-- name: label_count
SELECT COUNT(*) FROM label_move WHERE model = :model AND label = :label;

-- name: label_all
SELECT MAX(seq) FROM label_move WHERE model = :model GROUP BY label ORDER BY label;

-- name: label_names
SELECT DISTINCT label FROM label_move WHERE model = :model ORDER BY label;

-- name: label_add_drill
INSERT INTO drill (seq, model, label, digest) VALUES (:seq, :model, :label, :digest);

-- name: label_drills
SELECT seq FROM drill WHERE model = :model AND label = :label ORDER BY seq DESC;

-- name: label_tenures
SELECT label, seq,
       (SELECT MIN(later.seq)
          FROM label_move AS later
         WHERE later.model = held.model AND later.label = held.label AND later.seq > held.seq
           AND (:before IS NULL OR later.seq < :before))
  FROM label_move AS held
 WHERE model = :model AND version = :number AND (:before IS NULL OR seq < :before)
 ORDER BY seq;
