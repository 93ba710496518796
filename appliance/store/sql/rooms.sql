-- name: insert
INSERT INTO room (key, id, kind, name, owner, owner_post, created_at, created_by, create_txn, pair, hub, hub_epoch, hub_since, closed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: change_state
UPDATE room SET name = ?, owner = ?, owner_post = ?, closed = ?, hub = ?, hub_epoch = ?, hub_since = ? WHERE key = ?;

-- name: set_pair
UPDATE OR IGNORE room SET pair = ? WHERE key = ?;

-- name: last_key
SELECT coalesce(max(key), 0) FROM room;

-- name: last_key_with_entries
SELECT max(coalesce((SELECT max(place) FROM entry_at), 0), coalesce((SELECT max(place) FROM unfolded_at), 0)) >> 32;

-- name: by_id
SELECT key, id, kind, name, owner, owner_post, created_at, closed, hub, hub_epoch, hub_since FROM room WHERE id = :room;

-- name: last_entry
SELECT n, ht, rg, place FROM entry WHERE place BETWEEN :key << 32 AND (:key << 32) + 4294967295 ORDER BY place DESC LIMIT 1;

-- name: id_by_pair
SELECT id FROM room WHERE pair = :pair;

-- name: id_by_create_txn
SELECT id FROM room WHERE created_by = :person AND create_txn = :txn_id;

-- name: members
SELECT person, role, since FROM room_member WHERE room = :room ORDER BY since, person;

-- name: member_reads
SELECT room_member.person, role, since, read, coalesce(person.status, ''), portrait.shown
FROM room_member LEFT JOIN person ON person.id = room_member.person
LEFT JOIN portrait ON portrait.person = room_member.person
WHERE room = :room ORDER BY since, room_member.person;

-- name: insert_member
INSERT INTO room_member (room, person, role, since, read) VALUES (?, ?, ?, ?, ?);

-- name: insert_departure
INSERT OR REPLACE INTO departure (person, at, room, by, name, why, reason) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: delete_departure
DELETE FROM departure WHERE room = ? AND person = ?;

-- name: delete_member
DELETE FROM room_member WHERE room = ? AND person = ?;

-- name: set_role
UPDATE room_member SET role = ? WHERE room = ? AND person = ?;

-- name: of_person
SELECT r.key, r.id, r.kind, r.name, r.owner, r.owner_post, r.created_at, r.closed,
    (SELECT e.place FROM entry_line e WHERE e.place BETWEEN r.key << 32 AND (r.key << 32) + 4294967295
        ORDER BY e.place DESC LIMIT 1) - (r.key << 32) + 1,
    m.role, m.read, coalesce(v.muted, 0), coalesce(v.pinned, 0), v.hidden, v.cleared, v.cleared_at, v.unread_from
FROM room_member m
JOIN room r ON r.key = m.room
LEFT JOIN room_view v ON v.room = m.room AND v.person = m.person
WHERE m.person = :person AND m.room > :after ORDER BY m.room LIMIT :limit;

-- name: of_person_one
SELECT r.key, r.id, r.kind, r.name, r.owner, r.owner_post, r.created_at, r.closed,
    (SELECT e.place FROM entry_line e WHERE e.place BETWEEN r.key << 32 AND (r.key << 32) + 4294967295
        ORDER BY e.place DESC LIMIT 1) - (r.key << 32) + 1,
    m.role, m.read, coalesce(v.muted, 0), coalesce(v.pinned, 0), v.hidden, v.cleared, v.cleared_at, v.unread_from
FROM room r
JOIN room_member m ON m.room = r.key AND m.person = :person
LEFT JOIN room_view v ON v.room = m.room AND v.person = m.person
WHERE r.id = :room;

-- name: bound_to_post
SELECT id, owner_post, owner FROM room WHERE key = :key AND owner_post IS NOT NULL AND closed = 0;

-- name: keys_bound_to_posts
SELECT key FROM room WHERE owner_post IS NOT NULL;

-- name: member_keys
SELECT room FROM room_member WHERE person = :person;

-- name: is_member
SELECT 1 FROM room_member INDEXED BY room_member_person WHERE person = :person AND room = :key;

-- name: people_with_rooms
SELECT DISTINCT person FROM room_member;

-- name: put_view
INSERT INTO room_view (room, person, muted, pinned, hidden, cleared, cleared_at, unread_from)
VALUES (:room, :person, :muted, :pinned, :hidden, :cleared, :cleared_at, :unread_from)
ON CONFLICT (room, person) DO UPDATE SET
    muted = excluded.muted, pinned = excluded.pinned, hidden = excluded.hidden, cleared = excluded.cleared,
    cleared_at = excluded.cleared_at, unread_from = excluded.unread_from;

-- name: view
SELECT muted, pinned, hidden, cleared, cleared_at, unread_from FROM room_view WHERE room = :room AND person = :person;

-- name: delete_view
DELETE FROM room_view WHERE room = ? AND person = ?;

-- name: put_checkpoint
INSERT INTO checkpoint (room, size, frontier, note, counters) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (room) DO UPDATE SET size = excluded.size, frontier = excluded.frontier, note = excluded.note,
    counters = excluded.counters
WHERE excluded.size >= checkpoint.size;

-- name: checkpoint
SELECT size, frontier, note, counters FROM checkpoint WHERE room = :room;

-- name: all_ids
SELECT id FROM room WHERE key > :after ORDER BY key LIMIT :limit;

-- name: ids_by_index
SELECT key, id FROM room INDEXED BY sqlite_autoindex_room_1;

-- name: key_by_index
SELECT key FROM room INDEXED BY sqlite_autoindex_room_1 WHERE id = :room;

-- name: without_checkpoint
SELECT r.id FROM room r LEFT JOIN checkpoint c ON c.room = r.key
WHERE c.size IS NULL OR EXISTS (
    SELECT 1 FROM entry_line e WHERE e.place BETWEEN (r.key << 32) + c.size AND (r.key << 32) + 4294967295);

-- name: id_of
SELECT id FROM room WHERE key = :key;

-- name: kind_of
SELECT kind FROM room WHERE key = :key;

-- name: made_by
SELECT created_by, pair,
    create_txn = coalesce((SELECT e.txn_id FROM entry e WHERE e.place = :key << 32 AND e.n = 0), create_txn)
FROM room WHERE key = :key;

-- name: keys_of_person
SELECT r.id, r.key FROM room_member m JOIN room r ON r.key = m.room WHERE m.person = :person;

-- name: listed
SELECT r.id, r.kind, r.name, r.created_at, r.pair, (SELECT count(*) FROM room_member m WHERE m.room = r.key)
FROM room r
WHERE :person IS NULL
    OR EXISTS (SELECT 1 FROM room_member m WHERE m.room = r.key AND m.person = :person)
    OR instr(' ' || r.pair || ' ', ' ' || :person || ' ') > 0
ORDER BY r.key;
