-- name: of_room
SELECT key, week, kind, generation FROM epoch_key WHERE room = :room ORDER BY week, kind, generation;

-- name: newest
SELECT key, generation, wrapped FROM epoch_key WHERE room = :room AND week = :week AND kind = :kind
ORDER BY generation DESC LIMIT 1;

-- name: get
SELECT week, kind, wrapped FROM epoch_key WHERE key = :key;

-- name: last
SELECT coalesce(max(key), 0) FROM epoch_key;

-- name: list_after
SELECT k.key, r.id, k.week, k.kind, k.wrapped FROM epoch_key k JOIN room r ON r.key = k.room
WHERE k.key > :after AND k.wrapped IS NOT NULL ORDER BY k.key LIMIT :limit;

-- name: rewrap
UPDATE epoch_key SET wrapped = :wrapped WHERE key = :key AND wrapped IS NOT NULL;

-- name: destroy
UPDATE epoch_key SET wrapped = NULL WHERE key = :key;
