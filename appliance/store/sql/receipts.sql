-- name: insert
INSERT INTO receipt (room, person, upto, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: advance
UPDATE room_member SET read = ? WHERE room = ? AND person = ? AND read < ?;

-- name: end_unread_mark
UPDATE room_view SET unread_from = NULL WHERE room = ? AND person = ? AND unread_from <= ?;

-- name: first_read
SELECT at FROM receipt WHERE room = ? AND person = ? AND upto >= ? ORDER BY upto LIMIT 1;

-- name: readers
SELECT DISTINCT person FROM receipt WHERE room = ?;
