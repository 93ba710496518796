-- name: insert
INSERT INTO receipt (room, person, upto, at)
SELECT :room, :person, :upto, :at
WHERE NOT EXISTS (SELECT 1 FROM receipt WHERE room = :room AND person = :person AND upto >= :upto);

-- name: advance
UPDATE room_member SET read = ? WHERE room = ? AND person = ? AND read < ?;

-- name: end_unread_mark
UPDATE room_view SET unread_from = NULL WHERE room = ? AND person = ? AND unread_from <= ?;

-- name: first_read
SELECT at FROM receipt WHERE room = ? AND person = ? AND upto >= ? ORDER BY upto LIMIT 1;

-- name: readers
WITH RECURSIVE reader (person) AS (
    SELECT min(person) FROM receipt WHERE room = :room
    UNION ALL
    SELECT (SELECT min(r.person) FROM receipt r WHERE r.room = :room AND r.person > reader.person)
    FROM reader WHERE reader.person IS NOT NULL)
SELECT person FROM reader WHERE person IS NOT NULL;
