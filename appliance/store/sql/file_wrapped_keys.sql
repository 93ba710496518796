-- name: uploads_after
SELECT id, wrapped_key FROM upload WHERE id > :after ORDER BY id LIMIT :limit;

-- name: blobs_after
SELECT id, wrapped_key FROM blob WHERE id > :after AND wrapped_key IS NOT NULL ORDER BY id LIMIT :limit;

-- name: rewrap_upload
UPDATE upload SET wrapped_key = :wrapped WHERE id = :id;

-- name: rewrap_blob
UPDATE blob SET wrapped_key = :wrapped WHERE id = :id AND wrapped_key IS NOT NULL;

-- name: has_infected
SELECT count(*) FROM blob WHERE scan = 'infected' AND parent IS NULL LIMIT 1;
