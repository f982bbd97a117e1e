-- name: run_start
INSERT INTO run (id, model, status, started) VALUES (:id, :model, 'running', :seq);

-- name: run_finish
UPDATE run SET status = :status, finished = :seq WHERE id = :id;

-- name: run_by_id
SELECT id, model, status, started, finished FROM run WHERE id LIKE :pattern;

-- name: run_list
SELECT id, model, status, started, finished
  FROM run WHERE :model IS NULL OR model = :model ORDER BY started DESC;
