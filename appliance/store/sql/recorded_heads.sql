-- name: put
INSERT INTO recorded_head (room, size, root) VALUES (?, ?, ?)
ON CONFLICT (room) DO UPDATE SET size = excluded.size, root = excluded.root;

-- name: list_all
SELECT room, size, root FROM recorded_head ORDER BY room;

-- name: list_advanced
SELECT r.id, c.size, c.note FROM checkpoint c JOIN room r ON r.key = c.room
LEFT JOIN recorded_head h ON h.room = r.id
WHERE h.size IS NULL OR h.size < c.size;
