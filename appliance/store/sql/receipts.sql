-- name: insert
INSERT INTO receipt (room, person, first, upto, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: mark
SELECT since, read FROM room_member WHERE room = :room AND person = :person;

-- name: advance
UPDATE room_member SET read = :mark WHERE room = :room AND person = :person AND read < :mark;

-- name: overlapping
SELECT first, upto FROM receipt WHERE room = :room AND person = :person AND upto >= :first AND first <= :last ORDER BY upto;

-- name: gaps
SELECT first, last FROM receipt_gap WHERE room = :room AND person = :person ORDER BY first;

-- name: gaps_of_room
SELECT person, first, last FROM receipt_gap WHERE room = :room ORDER BY person, first;

-- name: insert_gap
INSERT INTO receipt_gap (room, person, first, last) VALUES (?, ?, ?, ?);

-- name: delete_gaps
DELETE FROM receipt_gap WHERE room = ? AND person = ?;

-- name: first_reads
WITH RECURSIVE reader (person) AS (
    SELECT min(person) FROM receipt WHERE room = :room
    UNION ALL
    SELECT (SELECT min(r.person) FROM receipt r WHERE r.room = :room AND r.person > reader.person)
    FROM reader WHERE reader.person IS NOT NULL)
SELECT r.person, r.at FROM reader JOIN receipt r ON r.room = :room AND r.person = reader.person AND r.upto = (
    SELECT min(f.upto) FROM receipt f WHERE f.room = :room AND f.person = reader.person AND f.upto >= :n)
WHERE r.first <= :n
ORDER BY r.at, r.person;
