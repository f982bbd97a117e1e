-- name: snapshot_add
-- Keep a snapshot under its name, if it has one.
INSERT INTO snapshot (seq, digest, name, tree, kind, files, size_bytes)
VALUES (:seq, :digest, :name, :tree, :kind, :files, :size_bytes);

-- name: snapshot_named
-- Find what a name stands for now.
SELECT seq, digest, name, tree, kind, files, size_bytes
  FROM snapshot WHERE name = :name ORDER BY seq DESC LIMIT 1;

-- name: snapshot_every_named
-- List what a name ever stood for, newest first.
SELECT seq, digest, name, tree, kind, files, size_bytes
  FROM snapshot WHERE name = :name ORDER BY seq DESC;

-- name: snapshot_by_digest
-- Find snapshots by the beginning of their digest, newest first.
SELECT seq, digest, name, tree, kind, files, size_bytes
  FROM snapshot WHERE digest >= :prefix AND digest < :prefix || 'g' ORDER BY seq DESC;

-- name: snapshot_list
-- List every snapshot, newest first.
SELECT seq, digest, name, tree, kind, files, size_bytes FROM snapshot ORDER BY seq DESC;
