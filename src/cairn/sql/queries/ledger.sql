-- name: ledger_append
INSERT INTO ledger_entry (seq, content, actor, change_id, action, subject)
VALUES (:seq, :content, :actor, :change_id, :action, :subject);

-- name: ledger_size
SELECT COALESCE(MAX(seq), -1) + 1 FROM ledger_entry;

-- name: ledger_entry
SELECT content FROM ledger_entry WHERE seq = :seq;

-- name: ledger_range
SELECT content FROM ledger_entry WHERE seq >= :start AND seq < :stop ORDER BY seq;

-- name: ledger_find
SELECT content
  FROM ledger_entry
 WHERE seq >= :start
   AND (:subject = '' OR subject = :subject
        OR subject LIKE :first ESCAPE '\' OR subject LIKE :second ESCAPE '\')
   AND (:action = '' OR action = :action)
 ORDER BY seq
 LIMIT :limit;

-- name: ledger_find_newest
SELECT content
  FROM ledger_entry
 WHERE seq >= :start
   AND (:subject = '' OR subject = :subject
        OR subject LIKE :first ESCAPE '\' OR subject LIKE :second ESCAPE '\')
   AND (:action = '' OR action = :action)
 ORDER BY seq DESC
 LIMIT :limit;

-- name: ledger_of_action
SELECT content FROM ledger_entry WHERE action = :action ORDER BY seq;

-- name: ledger_change
SELECT seq FROM ledger_entry WHERE actor = :actor AND change_id = :change_id;

-- name: ledger_add_node
INSERT INTO ledger_node (level, position, hash) VALUES (:level, :position, :hash);

-- name: ledger_node
SELECT hash FROM ledger_node WHERE level = :level AND position = :position;

-- name: ledger_add_checkpoint
INSERT INTO ledger_checkpoint (size, note) VALUES (:size, :note);

-- name: ledger_checkpoint
SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1;

-- name: ledger_everything
SELECT seq, content, actor, change_id, action, subject FROM ledger_entry ORDER BY seq;

-- name: ledger_nodes
SELECT level, position, hash FROM ledger_node;

-- name: ledger_checkpoints
SELECT size, note FROM ledger_checkpoint ORDER BY size;

-- name: ledger_checkpoint_is
SELECT size FROM ledger_checkpoint WHERE note = :note;
