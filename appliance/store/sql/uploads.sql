-- name: insert
INSERT INTO upload (id, person, room, size, label, said, wrapped_key, made_at, expires_at)
VALUES (:id, :person, :room, :size, :label, :said, :wrapped_key, :made_at, :expires_at);

-- name: get
SELECT u.id, u.person, r.id, u.size, u.label, u.said, u.wrapped_key, u.state, u.refused, u.blob, u.made_at, u.expires_at
FROM upload u LEFT JOIN room r ON r.key = u.room WHERE u.id = :id;

-- name: set_preparing
UPDATE upload SET state = 'preparing', expires_at = :expires_at WHERE id = :id AND state = 'receiving';

-- name: set_ready
UPDATE upload SET state = 'ready', blob = :blob WHERE id = :id AND state = 'preparing';

-- name: set_refused
UPDATE upload SET state = 'refused', refused = :code WHERE id = :id AND state IN ('receiving', 'preparing');

-- name: of_blob
SELECT u.id, u.person, r.id, u.size, u.label, u.said, u.wrapped_key, u.state, u.refused, u.blob, u.made_at, u.expires_at
FROM upload u LEFT JOIN room r ON r.key = u.room WHERE u.blob = :blob;

-- name: take
DELETE FROM upload WHERE id = :id AND person = :person AND state = 'ready' AND blob = :blob;

-- name: count_of
SELECT count(*) FROM upload WHERE person = :person;
