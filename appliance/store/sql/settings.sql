-- name: list_all
SELECT n, key, value, effective, set_by, set_at FROM setting ORDER BY effective, n;

-- name: insert
INSERT INTO setting (key, value, effective, set_by, set_at) VALUES (:key, :value, :effective, :set_by, :now);

-- name: versions
SELECT subject, n FROM version;

-- name: bump
UPDATE version SET n = n + 1 WHERE subject = :subject;

-- name: version
SELECT n FROM version WHERE subject = :subject;
