-- name: insert
INSERT INTO receipt (room, person, upto, at)
SELECT :room, :person, :upto, :at
WHERE NOT EXISTS (SELECT 1 FROM receipt WHERE room = :room AND person = :person AND upto >= :upto);

-- name: advance
UPDATE room_member SET read = ? WHERE room = ? AND person = ? AND read < ?;

-- name: end_unread_mark
UPDATE room_view SET unread_from = NULL WHERE room = ? AND person = ? AND unread_from <= ?;

-- name: first_reads
WITH RECURSIVE reader (person) AS (
    SELECT min(person) FROM receipt WHERE room = :room
    UNION ALL
    SELECT (SELECT min(r.person) FROM receipt r WHERE r.room = :room AND r.person > reader.person)
    FROM reader WHERE reader.person IS NOT NULL)
SELECT r.person, r.at FROM reader JOIN receipt r ON r.room = :room AND r.person = reader.person AND r.upto = (
    SELECT min(f.upto) FROM receipt f WHERE f.room = :room AND f.person = reader.person AND f.upto >= :n)
ORDER BY r.at, r.person;
