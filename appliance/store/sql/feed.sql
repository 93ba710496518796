-- name: after_in_room
SELECT pos, at, type, data FROM feed
WHERE room = :room AND person IS NULL AND pos > :since AND pos <= :upto ORDER BY pos LIMIT :limit;

-- name: entry_pos
SELECT pos FROM entry_line WHERE room = :room AND place = (:room << 32) + :n;

-- name: entries_from
SELECT pos, at, type, n, place FROM entry
WHERE room = :room AND place BETWEEN (:room << 32) + :n AND (:room << 32) + 4294967295 ORDER BY place LIMIT :limit;

-- name: after_for_person
SELECT pos, at, type, room, data FROM feed WHERE person = :person AND pos > :since AND pos <= :upto ORDER BY pos LIMIT :limit;

-- name: last_pos
SELECT max(coalesce((SELECT max(pos) FROM log), 0), coalesce((SELECT max(pos) FROM feed), 0));

-- name: latest
SELECT max(coalesce((SELECT max(at) FROM (SELECT at FROM log ORDER BY pos DESC LIMIT 1000)), 0),
    coalesce((SELECT max(at) FROM (SELECT at FROM feed ORDER BY pos DESC LIMIT 1000)), 0));

-- name: entries_after
SELECT pos, place >> 32, place & 4294967295 FROM log WHERE pos > :since ORDER BY pos LIMIT :limit;

-- name: last_entry_upto
SELECT l.pos, l.at, r.id, l.place & 4294967295 FROM log l CROSS JOIN room r ON r.key = l.place >> 32
WHERE l.pos <= :pos ORDER BY l.pos DESC LIMIT 1;

-- name: insert
INSERT INTO feed (pos, at, type, room, person, data) VALUES (:pos, :at, :kind, :room, :person, :data);

-- name: at_entries
SELECT f.pos FROM feed f CROSS JOIN log l ON l.pos = f.pos ORDER BY f.pos LIMIT :limit;
