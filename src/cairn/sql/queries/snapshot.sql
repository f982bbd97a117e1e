-- name: snapshot_add
INSERT INTO snapshot (seq, digest, name, tree, kind, files, size_bytes)
VALUES (:seq, :digest, :name, :tree, :kind, :files, :size_bytes);

-- name: snapshot_named
SELECT seq, digest, name, tree, kind, files, size_bytes
  FROM snapshot WHERE name = :name ORDER BY seq DESC LIMIT 1;

-- name: snapshot_every_named
SELECT seq, digest, name, tree, kind, files, size_bytes
  FROM snapshot WHERE name = :name ORDER BY seq DESC;

-- name: snapshot_by_digest
SELECT seq, digest, name, tree, kind, files, size_bytes
  FROM snapshot WHERE digest LIKE :pattern ORDER BY seq DESC;

-- name: snapshot_list
SELECT seq, digest, name, tree, kind, files, size_bytes FROM snapshot ORDER BY seq DESC;
