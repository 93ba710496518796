-- name: insert
INSERT INTO file_ref (room, n, place, blob, epoch, wrapped_key, form, label)
VALUES (:room, :n, :place, :blob, :epoch, :wrapped_key, :form, :label);

-- name: of_blob
SELECT f.room, r.id, f.n, f.place, f.blob, f.epoch, f.wrapped_key, f.form, f.label
FROM file_ref f CROSS JOIN room r ON r.key = f.room WHERE f.blob = :blob ORDER BY f.room, f.n;

-- name: of_blob_for
SELECT f.room, r.id, f.n, f.place, f.blob, f.epoch, f.wrapped_key, f.form, f.label
FROM file_ref f CROSS JOIN room_member m ON m.room = f.room AND m.person = :person CROSS JOIN room r ON r.key = f.room
WHERE f.blob = :blob AND f.retracted = 0 AND (f.room, f.n) < (:room, :n) ORDER BY f.room DESC, f.n DESC LIMIT :limit;

-- name: kept_blobs
SELECT f.blob FROM file_ref f CROSS JOIN epoch_key k ON k.key = f.epoch
WHERE f.room = :room AND f.n = :n AND k.wrapped IS NOT NULL ORDER BY f.place;

-- name: before
SELECT n, place, blob, epoch, form, label FROM file_ref
WHERE room = :room AND (n, place) < (:n, :place) ORDER BY n DESC, place DESC LIMIT :limit;

-- name: of_form_before
SELECT n, place, blob, epoch, form, label FROM file_ref
WHERE room = :room AND form = :form AND (n, place) < (:n, :place) ORDER BY n DESC, place DESC LIMIT :limit;

-- name: in_room
SELECT f.room, r.id, f.n, f.place, f.blob, f.epoch, f.wrapped_key, f.form, f.label
FROM file_ref f CROSS JOIN room r ON r.key = f.room WHERE f.room = :room ORDER BY f.n, f.place;
