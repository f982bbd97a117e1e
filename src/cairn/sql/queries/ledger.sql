-- name: ledger_append
-- Write the next entry.
INSERT INTO ledger_entry (seq, content, actor, change_id, action, subject)
VALUES (:seq, :content, :actor, :change_id, :action, :subject);

-- name: ledger_head
-- Read the number of the next entry; whoever writes has locked this row since it began.
SELECT entries FROM ledger_head;

-- name: ledger_advance
-- Take the next number.
UPDATE ledger_head SET entries = entries + 1;

-- name: ledger_size
-- Count the entries by the number of the last one.
SELECT COALESCE(MAX(seq), -1) + 1 AS entries FROM ledger_entry;

-- name: ledger_entry
-- Read one entry and its leaf in the tree.
SELECT entry.content, node.hash AS leaf
  FROM ledger_entry AS entry
  LEFT JOIN ledger_node AS node ON node.level = 0 AND node.position = entry.seq
 WHERE entry.seq = :seq;

-- name: ledger_range
-- Read the entries from `start` up to `stop`.
SELECT content FROM ledger_entry WHERE seq >= :start AND seq < :stop ORDER BY seq;

-- name: ledger_find
-- Find entries by subject and action from `start` on, oldest first.
SELECT content
  FROM ledger_entry
 WHERE seq >= :start
   AND (:subject = '' OR subject = :subject
        OR subject LIKE :first ESCAPE '\' OR subject LIKE :second ESCAPE '\')
   AND (:action = '' OR action = :action)
 ORDER BY seq
 LIMIT :limit;

-- name: ledger_find_newest
-- Find entries by subject and action from `start` on, newest first.
SELECT content
  FROM ledger_entry
 WHERE seq >= :start
   AND (:subject = '' OR subject = :subject
        OR subject LIKE :first ESCAPE '\' OR subject LIKE :second ESCAPE '\')
   AND (:action = '' OR action = :action)
 ORDER BY seq DESC
 LIMIT :limit;

-- name: ledger_of_action
-- Read every entry of one action, oldest first.
SELECT content FROM ledger_entry WHERE action = :action ORDER BY seq;

-- name: ledger_change
-- Find the entry that an actor's change made.
SELECT seq FROM ledger_entry WHERE actor = :actor AND change_id = :change_id;

-- name: ledger_add_node
-- Write the hash of a complete subtree.
INSERT INTO ledger_node (level, position, hash) VALUES (:level, :position, :hash);

-- name: ledger_node
-- Read the hash of a complete subtree.
SELECT hash FROM ledger_node WHERE level = :level AND position = :position;

-- name: ledger_add_checkpoint
-- Keep a signed checkpoint.
INSERT INTO ledger_checkpoint (size, note) VALUES (:size, :note);

-- name: ledger_checkpoint
-- Read the newest checkpoint.
SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1;

-- name: ledger_everything
-- Read every entry with its columns.
SELECT seq, content, actor, change_id, action, subject FROM ledger_entry ORDER BY seq;

-- name: ledger_nodes
-- Read the hash of every subtree.
SELECT level, position, hash FROM ledger_node;

-- name: ledger_checkpoints
-- Read every checkpoint, oldest first.
SELECT size, note FROM ledger_checkpoint ORDER BY size;

-- name: ledger_checkpoint_is
-- Tell whether a checkpoint was ever this one.
SELECT size FROM ledger_checkpoint WHERE note = :note;
