-- name: run_start
-- Keep that a run began.
INSERT INTO run (id, model, status, started) VALUES (:id, :model, 'running', :seq);

-- name: run_finish
-- Keep how a run ended.
UPDATE run SET status = :status, finished = :seq WHERE id = :id;

-- name: run_by_id
-- Find runs by the beginning of their id.
SELECT id, model, status, started, finished FROM run WHERE id LIKE :pattern;

-- name: run_list
-- List runs of one model or of all, newest first.
SELECT id, model, status, started, finished
  FROM run WHERE CAST(:model AS TEXT) IS NULL OR model = :model ORDER BY started DESC;
