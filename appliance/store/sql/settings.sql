-- name: list_all
SELECT n, key, value, effective, set_by, set_at FROM setting ORDER BY effective, n;

-- name: insert
INSERT INTO setting (key, value, effective, set_by, set_at) VALUES (:key, :value, :effective, :set_by, :now)
RETURNING n, key, value, effective, set_by, set_at;
