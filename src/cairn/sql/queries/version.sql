-- name: version_next_number
SELECT COALESCE(MAX(number), 0) + 1 FROM version WHERE model = :model;

-- name: version_add
INSERT INTO version (model, number, digest, commit_id, run, registered)
VALUES (:model, :number, :digest, :commit_id, :run, :seq);

-- name: version_add_value
INSERT INTO version_value (model, version, name, amount, word)
VALUES (:model, :version, :name, :amount, :word);

-- name: version_has_value
SELECT 1 FROM version_value WHERE name = :name LIMIT 1;

-- name: version_value_names
SELECT DISTINCT name FROM version_value ORDER BY name;

-- name: version_release
UPDATE version SET release = :release, released = :seq WHERE model = :model AND number = :number;

-- name: version_mark
UPDATE version SET marked = :seq WHERE model = :model AND number = :number;

-- name: version_last_mark
SELECT MAX(seq)
  FROM ledger_entry
 WHERE subject = :subject AND action = 'version.mark-bad' AND (:before IS NULL OR seq < :before)
HAVING MAX(seq) IS NOT NULL;

-- name: version_archive
UPDATE version SET archived = :archived WHERE model = :model AND number = :number;

-- name: version_delete
UPDATE version SET deleted = :seq WHERE model = :model AND number = :number;

-- name: version_gone
SELECT deleted FROM version
 WHERE model = :model AND number = :number AND deleted IS NOT NULL;

-- name: version_by_number
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE model = :model AND number = :number;

-- name: version_by_digest
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE model = :model AND digest = :digest;

-- name: version_by_release
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE model = :model AND release = :release;

-- name: version_by_digest_prefix
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE digest LIKE :pattern ORDER BY registered DESC;

-- name: version_by_commit
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE commit_id LIKE :pattern ORDER BY registered DESC;

-- name: version_by_run
SELECT number FROM version WHERE run = :run
 UNION SELECT number FROM version_remake WHERE run = :run
 ORDER BY number;

-- name: version_remake
INSERT INTO version_remake (seq, model, number, run) VALUES (:seq, :model, :number, :run);

-- name: version_remade
SELECT MAX(seq)
  FROM version_remake
 WHERE model = :model AND number = :number AND (:before IS NULL OR seq < :before)
HAVING MAX(seq) IS NOT NULL;

-- name: version_newest
SELECT number
  FROM version
 WHERE model = :model AND (:before IS NULL OR registered < :before)
 ORDER BY number DESC
 LIMIT :limit;

-- name: version_releases
SELECT release FROM version WHERE model = :model AND release IS NOT NULL;

-- name: version_released_as
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE release = :release ORDER BY registered DESC;

-- name: version_bad
SELECT digest FROM version WHERE model = :model AND marked IS NOT NULL;

-- name: version_labels
SELECT label FROM label_move AS moved
 WHERE model = :model AND version = :number
   AND seq = (SELECT MAX(seq) FROM label_move
               WHERE model = moved.model AND label = moved.label)
   AND (label <> 'archived'
        OR EXISTS (SELECT 1 FROM version
                    WHERE model = moved.model AND number = moved.version AND archived = 1))
 ORDER BY label;

-- name: version_count
SELECT COUNT(*) FROM version;
