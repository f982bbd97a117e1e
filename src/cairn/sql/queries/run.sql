-- name: run_start
-- Keep that a run began.
INSERT INTO run (id, model, status, started) VALUES (:id, :model, 'running', :seq);

-- name: run_finish
-- Keep how a run ended.
UPDATE run SET status = :status, finished = :seq WHERE id = :id;

-- name: run_by_id
-- Find runs by the beginning of their id.
SELECT id, model, status, started, finished
  FROM run WHERE id >= :prefix AND id < :prefix || 'g';

-- name: run_list
-- List runs, newest first: of one model or of all, of one status, those that made a version.
SELECT id, model, status, started, finished
  FROM run
 WHERE (CAST(:model AS TEXT) IS NULL OR model = :model)
   AND (CAST(:status AS TEXT) IS NULL OR status = :status)
   AND (CAST(:before AS BIGINT) IS NULL OR started < :before)
   AND (:made = 0
        OR EXISTS (SELECT 1 FROM version WHERE version.run = run.id)
        OR EXISTS (SELECT 1 FROM version_remake WHERE version_remake.run = run.id))
 ORDER BY started DESC
 LIMIT :limit;
