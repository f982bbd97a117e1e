-- name: version_next_number
-- Say the next number of a model.
SELECT COALESCE(MAX(number), 0) + 1 AS number FROM version WHERE model = :model;

-- name: version_add
-- Keep a version.
INSERT INTO version (model, number, digest, commit_id, run, registered)
VALUES (:model, :number, :digest, :commit_id, :run, :seq);

-- name: version_add_value
-- Keep a metric, parameter or field of a version, to be searched by.
INSERT INTO version_value (model, version, name, amount, word)
VALUES (:model, :version, :name, :amount, :word);

-- name: version_has_value
-- Tell whether any version has a value of this name.
SELECT 1 AS found FROM version_value WHERE name = :name LIMIT 1;

-- name: version_value_names
-- List the names of values that versions have.
SELECT DISTINCT name FROM version_value ORDER BY name;

-- name: version_release
-- Give a version its release number.
UPDATE version SET release = :release, released = :seq WHERE model = :model AND number = :number;

-- name: version_mark
-- Mark a version bad by an entry, or clear the mark.
UPDATE version SET marked = :seq WHERE model = :model AND number = :number;

-- name: version_last_mark
-- Find the entry before another that last marked a version bad, cleared or not.
SELECT MAX(seq) AS seq
  FROM ledger_entry
 WHERE subject = :subject AND action = 'version.mark-bad' AND (CAST(:before AS BIGINT) IS NULL OR seq < :before)
HAVING MAX(seq) IS NOT NULL;

-- name: version_archive
-- Put a version into the archive, or take it out.
UPDATE version SET archived = :archived WHERE model = :model AND number = :number;

-- name: version_delete
-- Keep that a version was deleted.
UPDATE version SET deleted = :seq WHERE model = :model AND number = :number;

-- name: version_gone
-- Tell by which entry a version was deleted, if it was.
SELECT deleted FROM version
 WHERE model = :model AND number = :number AND deleted IS NOT NULL;

-- name: version_by_number
-- Find a version by its number.
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE model = :model AND number = :number;

-- name: version_by_digest
-- Find a version of a model by its digest.
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE model = :model AND digest = :digest;

-- name: version_by_release
-- Find a version by its release number.
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE model = :model AND release = :release;

-- name: version_by_digest_prefix
-- Find versions of every model by the beginning of their digest, newest first.
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE digest >= :prefix AND digest < :prefix || 'g' ORDER BY registered DESC;

-- name: version_by_commit
-- Find versions by the beginning of their commit, newest first.
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE commit_id >= :prefix AND commit_id < :prefix || 'g' ORDER BY registered DESC;

-- name: version_by_run
-- List the versions that a run made, or made again.
SELECT number FROM version WHERE run = :run
 UNION SELECT number FROM version_remake WHERE run = :run
 ORDER BY number;

-- name: version_remake
-- Keep that a run made a version again.
INSERT INTO version_remake (seq, model, number, run) VALUES (:seq, :model, :number, :run);

-- name: version_remade
-- Find the entry before another that last made a version again.
SELECT MAX(seq) AS seq
  FROM version_remake
 WHERE model = :model AND number = :number AND (CAST(:before AS BIGINT) IS NULL OR seq < :before)
HAVING MAX(seq) IS NOT NULL;

-- name: version_newest
-- List the newest versions of a model before an entry.
SELECT number, digest, registered
  FROM version
 WHERE model = :model AND (CAST(:before AS BIGINT) IS NULL OR registered < :before)
 ORDER BY number DESC
 LIMIT :limit;

-- name: version_releases
-- List the release numbers of a model.
SELECT release FROM version WHERE model = :model AND release IS NOT NULL;

-- name: version_released_as
-- Find versions of every model by release number, newest first.
SELECT model, number, digest, run, registered, released, release, marked, deleted, archived
  FROM version WHERE release = :release ORDER BY registered DESC;

-- name: version_bad
-- List the versions of a model that are marked bad.
SELECT digest FROM version WHERE model = :model AND marked IS NOT NULL;

-- name: version_labels
-- List the labels that a version holds now.
SELECT label FROM label_move AS moved
 WHERE model = :model AND version = :number
   AND seq = (SELECT MAX(seq) FROM label_move
               WHERE model = moved.model AND label = moved.label)
   AND (label <> 'archived'
        OR EXISTS (SELECT 1 FROM version
                    WHERE model = moved.model AND number = moved.version AND archived = 1))
 ORDER BY label;

-- name: version_models
-- Name the models that have versions, each found by a step in the index.
WITH RECURSIVE found (model) AS (
  SELECT MIN(model) FROM version
  UNION ALL
  SELECT (SELECT MIN(model) FROM version WHERE model > found.model)
    FROM found WHERE found.model IS NOT NULL
)
SELECT model FROM found WHERE model IS NOT NULL;

-- name: version_count
-- Count the versions.
SELECT COUNT(*) AS versions FROM version;
