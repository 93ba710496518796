-- name: after_in_room
SELECT pos, at, type, data FROM feed
WHERE room = :room AND n IS NULL AND person IS NULL AND pos > :since AND pos <= :upto ORDER BY pos LIMIT :limit;

-- name: entry_pos
SELECT pos FROM entry WHERE room = :room AND place = (:room << 32) + :n;

-- name: entries_from
SELECT pos, at, type, n FROM entry
WHERE room = :room AND place BETWEEN (:room << 32) + :n AND (:room << 32) + 4294967295 ORDER BY place LIMIT :limit;

-- name: after_for_person
SELECT pos, at, type, room, data FROM feed WHERE person = :person AND pos > :since AND pos <= :upto ORDER BY pos LIMIT :limit;

-- name: last_pos
SELECT coalesce(max(pos), 0) FROM feed;

-- name: latest
SELECT coalesce(max(at), 0) FROM (SELECT at FROM feed ORDER BY pos DESC LIMIT 1000);

-- name: entries_after
SELECT pos, room, n FROM feed WHERE pos > :since AND n IS NOT NULL ORDER BY pos LIMIT :limit;

-- name: last_entry_upto
SELECT f.pos, f.at, r.id, f.n FROM feed f JOIN room r ON r.key = f.room
WHERE f.pos <= :pos AND f.n IS NOT NULL ORDER BY f.pos DESC LIMIT 1;

-- name: insert
INSERT INTO feed (pos, at, type, room, n, person, data) VALUES (:pos, :at, :kind, :room, :n, :person, :data);

-- name: first_unlisted
SELECT min(e.n) FROM entry e LEFT JOIN feed f ON f.pos = e.pos
WHERE e.place BETWEEN (:room << 32) + :first AND (:room << 32) + :last
AND (f.room, f.n, f.type, f.at, f.person) IS NOT (e.room, e.n, e.type, e.at, NULL);

-- name: without_entry
SELECT f.pos FROM feed f LEFT JOIN entry e ON e.place = (f.room << 32) + f.n
WHERE f.n IS NOT NULL AND e.pos IS NOT f.pos ORDER BY f.pos LIMIT :limit;
