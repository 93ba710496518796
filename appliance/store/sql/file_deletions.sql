-- name: mark_upload_objects
INSERT OR IGNORE INTO file_deletion (id, blob, store, why, at, pos)
SELECT u.id, coalesce(u.blob, u.id), 'staging', :why, :at, 0 FROM upload u
WHERE u.id = :id AND (u.blob IS NULL OR u.blob <> u.id)
    AND NOT EXISTS (SELECT 1 FROM file_receipt r WHERE r.blob IN (u.id, u.blob) AND r.store = 'staging');

-- name: mark_blob_objects
INSERT OR IGNORE INTO file_deletion (id, blob, store, why, at, pos)
SELECT id, coalesce(parent, id), CASE WHEN parent IS NOT NULL THEN 'variant' WHEN scan = 'infected' THEN 'quarantine' ELSE 'blob' END,
    :why, :at, 0
FROM blob WHERE (id = :id OR parent = :id) AND EXISTS (SELECT 1 FROM blob b WHERE b.id = :id AND b.refs = 0);

-- name: mark_variant_objects
INSERT OR IGNORE INTO file_deletion (id, blob, store, why, at, pos)
SELECT id, parent, 'variant', :why, :at, 0 FROM blob WHERE parent = :id;

-- name: delete_all_variants
DELETE FROM blob WHERE parent = :id;

-- name: mark_object
INSERT OR IGNORE INTO file_deletion (id, blob, store, why, at, pos) VALUES (:id, :blob, :store, :why, :at, 0);

-- name: mark_index_of_erased
INSERT OR IGNORE INTO file_deletion (id, blob, store, why, at, pos)
SELECT 'index/' || f.room || '/' || f.n || '/' || f.place, f.blob, 'index', 'erased', l.at, l.pos
FROM file_ref f CROSS JOIN log l ON l.pos = (SELECT max(pos) FROM log)
WHERE f.room = ?1 AND f.n BETWEEN ?2 AND ?3;

-- name: receipt_erased
INSERT INTO file_receipt (blob, store, why, at, bytes, room, n)
SELECT f.blob, 'reference', 'erased', l.at, length(f.wrapped_key), f.room, f.n
FROM file_ref f CROSS JOIN log l ON l.pos = (SELECT max(pos) FROM log)
WHERE f.room = ?1 AND f.n BETWEEN ?2 AND ?3;

-- name: delete_erased_refs
DELETE FROM file_ref WHERE room = ?1 AND n BETWEEN ?2 AND ?3;

-- name: receipt_infected
INSERT INTO file_receipt (blob, store, why, at, bytes, room, n)
SELECT f.blob, 'reference', 'infected', :at, length(f.wrapped_key), f.room, f.n FROM file_ref f WHERE f.blob = :blob;

-- name: delete_refs_of_blob
DELETE FROM file_ref WHERE blob = :blob;

-- name: infected_of_message
SELECT blob FROM file_receipt WHERE room = :room AND n = :n AND store = 'reference' AND why = 'infected';

-- name: deleted_on_record
SELECT r.n, r.blob FROM file_receipt r
WHERE r.room = :room AND r.store = 'reference' AND EXISTS (
    SELECT 1 FROM audit a WHERE a.at = r.at AND (
        (r.why = 'infected' AND a.target = r.blob AND a.action = 'file.delete_infected')
        OR (r.why = 'key_destroyed' AND a.target = (SELECT id FROM room WHERE key = :room) AND a.action = 'room.destroy_key')
    )
);

-- name: references_under
SELECT n, blob FROM file_ref WHERE epoch = :key ORDER BY room, n, place;

-- name: idle_keys_of_all
SELECT k.key FROM epoch_key k WHERE k.key > 0 AND k.kind = 'file' AND k.week < :week AND k.wrapped IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM file_ref f WHERE f.epoch = k.key)
ORDER BY k.key LIMIT :limit;

-- name: receipt_key
INSERT INTO file_receipt (blob, store, why, at, bytes, room, n)
SELECT f.blob, 'reference', 'key_destroyed', :at, length(f.wrapped_key), f.room, f.n FROM file_ref f WHERE f.epoch = :key;

-- name: delete_refs_of_key
DELETE FROM file_ref WHERE epoch = :key;

-- name: receipt_body_key
INSERT INTO file_receipt (blob, store, why, at, bytes, room, n)
SELECT f.blob, 'reference', 'key_destroyed', :at, length(f.wrapped_key), f.room, f.n
FROM epoch_key k CROSS JOIN file_ref f ON f.room = k.room CROSS JOIN entry e ON e.place = (f.room << 32) + f.n
WHERE k.key = :key AND e.epoch = :key;

-- name: delete_refs_of_body_key
DELETE FROM file_ref WHERE room = (SELECT room FROM epoch_key WHERE key = :key)
    AND (SELECT e.epoch FROM entry e WHERE e.place = (file_ref.room << 32) + file_ref.n) = :key;

-- name: idle_file_keys
SELECT k.key FROM epoch_key k WHERE k.room = :room AND k.kind = 'file' AND k.week < :week AND k.wrapped IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM file_ref f WHERE f.epoch = k.key);

-- name: delete_upload
DELETE FROM upload WHERE id = :id;

-- name: blob_of_upload
SELECT blob FROM upload WHERE id = :id;

-- name: delete_variants
DELETE FROM blob WHERE parent = :id AND EXISTS (SELECT 1 FROM blob b WHERE b.id = :id AND b.refs = 0);

-- name: delete_blob
DELETE FROM blob WHERE id = :id AND refs = 0;

-- name: list_marked
SELECT id, blob, store, why, at, pos FROM file_deletion WHERE store <> 'index' AND id > :after ORDER BY id LIMIT :limit;

-- name: list_marked_of_index
SELECT id, blob, store, why, at, pos FROM file_deletion WHERE store = 'index' AND pos <= :upto AND id > :after
ORDER BY id LIMIT :limit;

-- name: done
DELETE FROM file_deletion WHERE id = :id;

-- name: insert_receipt
INSERT INTO file_receipt (blob, store, why, at, bytes) VALUES (:blob, :store, :why, :at, :bytes);

-- name: receipts_of
SELECT blob, store, why, at, bytes, n FROM file_receipt WHERE blob = :blob ORDER BY key;

-- name: receipts_of_room
SELECT r.blob, r.store, r.why, r.at, r.bytes, r.n FROM room CROSS JOIN file_receipt f ON f.room = room.key CROSS JOIN file_receipt r ON r.blob = f.blob
WHERE room.id = :room GROUP BY r.key ORDER BY min(f.n), r.key;

-- name: expired_uploads
SELECT id FROM upload WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit;

-- name: uploads_of
SELECT id FROM upload WHERE person = :person;

-- name: people_with_uploads
SELECT DISTINCT person FROM upload;

-- name: uploads_to_closed_rooms
SELECT u.id FROM upload u CROSS JOIN room r ON r.key = u.room WHERE u.room IS NOT NULL AND r.closed = 1;

-- name: unreferenced
SELECT id FROM blob WHERE refs = 0 AND parent IS NULL AND kind <> 'portrait'
    AND (wrapped_key IS NULL OR (made_at <= :before AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.blob = blob.id)))
ORDER BY made_at LIMIT :limit;
