-- name: unknown_objects
SELECT value FROM json_each(:ids) WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.id = value)
    AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.id = value)
    AND NOT EXISTS (SELECT 1 FROM file_deletion d WHERE d.id = value);

-- name: blobs_after
SELECT b.id, b.size, b.root, b.damaged_at FROM blob b WHERE b.id > :after ORDER BY b.id LIMIT :limit;

-- name: damaged
SELECT b.id, b.size, b.root, b.damaged_at FROM blob b WHERE b.damaged_at IS NOT NULL ORDER BY b.damaged_at LIMIT :limit;

-- name: checked_before
SELECT b.id, b.size, b.root, b.damaged_at FROM blob b WHERE b.checked_at < :before ORDER BY b.checked_at LIMIT :limit;

-- name: put_checked
UPDATE blob SET checked_at = :at WHERE id = :id;

-- name: put_damaged
UPDATE blob SET damaged_at = :at WHERE id = :id AND (damaged_at IS NULL) IS NOT (:at IS NULL);

-- name: all_bytes
SELECT coalesce(sum(size), 0) FROM blob;

-- name: uploads_after
SELECT id, size, state FROM upload WHERE id > :after AND (blob IS NULL OR blob = id) AND state <> 'refused'
ORDER BY id LIMIT :limit;

-- name: blob_is_there
SELECT count(*) FROM blob WHERE id = :id;

-- name: upload_is_there
SELECT count(*) FROM upload WHERE id = :id AND (blob IS NULL OR blob = id) AND state <> 'refused';

-- name: wrong_refs
SELECT id FROM blob b WHERE refs <> (SELECT count(*) FROM file_ref f WHERE f.blob = b.id) LIMIT :limit;

-- name: lost_variants
SELECT id FROM blob b WHERE b.parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM blob p WHERE p.id = b.parent) LIMIT :limit;

-- name: counted_use
SELECT scope, owner, year, bytes, reserved FROM file_use;

-- name: use_of_blobs
SELECT b.owner, b.year, sum(b.size) FROM blob b LEFT JOIN blob p ON p.id = b.parent
WHERE b.refs > 0 OR (b.parent IS NOT NULL AND p.kind IS NOT 'portrait') GROUP BY b.owner, b.year;

-- name: use_of_uploads
SELECT person, year, sum(size) FROM upload WHERE state <> 'refused' GROUP BY person, year;

-- name: overdue_uploads
SELECT id FROM upload WHERE expires_at <= :before ORDER BY expires_at LIMIT :limit;

-- name: overdue_deletions
SELECT id FROM file_deletion WHERE store <> 'index' AND at <= :before LIMIT :limit;

-- name: waiting_index
SELECT count(*) FROM file_deletion WHERE store = 'index';

-- name: count_refs
UPDATE blob SET refs = (SELECT count(*) FROM file_ref f WHERE f.blob = blob.id) WHERE id = :id;

-- name: put_use
INSERT INTO file_use (scope, owner, year, bytes, reserved) VALUES (:scope, :owner, :year, :bytes, :reserved)
ON CONFLICT (scope, owner, year) DO UPDATE SET bytes = excluded.bytes, reserved = excluded.reserved;

-- name: largest
SELECT b.id, b.owner, b.type, b.size, (SELECT coalesce(sum(v.size), 0) FROM blob v WHERE v.parent = b.id), b.refs, b.made_at
FROM blob b WHERE b.refs > 0 ORDER BY b.size DESC LIMIT :limit;

-- name: variants_size
SELECT coalesce(sum(size), 0) FROM blob WHERE parent IS NOT NULL;
