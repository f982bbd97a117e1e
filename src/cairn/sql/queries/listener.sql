-- name: listener_next
-- Say which entry a listener is told of next.
SELECT next FROM listener WHERE name = :name;

-- name: listener_told
-- Keep how far a listener was told; whoever told it more is not set back.
INSERT INTO listener (name, next) VALUES (:name, :next)
    ON CONFLICT (name) DO UPDATE SET next = excluded.next WHERE listener.next < excluded.next;
