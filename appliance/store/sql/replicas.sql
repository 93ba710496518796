-- name: insert_note
INSERT INTO room_note (room, size, frontier, note) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: note_at
SELECT size, frontier, note FROM room_note WHERE room = :room AND size = :size;

-- name: note_upto
SELECT size, frontier, note FROM room_note WHERE room = :room AND size <= :size ORDER BY size DESC LIMIT 1;

-- name: note_between
SELECT size, frontier, note FROM room_note WHERE room = :room AND size BETWEEN :first AND :last ORDER BY size DESC LIMIT 1;

-- name: insert_id
INSERT INTO entry_id (room, id, n) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- name: ids_upto
SELECT coalesce(max(n) + 1, 0) FROM entry_id WHERE room = :room;

-- name: find_ids
SELECT id, n FROM entry_id WHERE room = :room AND id IN (SELECT value FROM json_each(:ids));

-- name: insert_quarantine
INSERT INTO quarantine (room, at, peer, step, reason, n, leaf, note, held) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: quarantined
SELECT r.id, q.reason FROM quarantine q JOIN room r ON r.key = q.room WHERE q.ended_at IS NULL;

-- name: findings
SELECT at, peer, step, reason, n, leaf, note, held, ended_at FROM quarantine WHERE room = :room ORDER BY key;

-- name: end_quarantine
UPDATE quarantine SET ended_at = :at WHERE room = :room AND ended_at IS NULL;

-- name: put_cursor
INSERT INTO peer_cursor (peer, pos) VALUES (:peer, :pos) ON CONFLICT (peer) DO UPDATE SET pos = max(pos, excluded.pos);

-- name: cursors
SELECT peer, pos FROM peer_cursor;

-- name: share
INSERT INTO peer_room (peer, room) VALUES (?, ?) ON CONFLICT (peer, room) DO UPDATE SET upto = NULL;

-- name: unshare
UPDATE peer_room SET upto = ? WHERE peer = ? AND room = ?;

-- name: share_of
SELECT has, upto FROM peer_room WHERE peer = :peer AND room = :room;

-- name: shares_of_hub
SELECT r.id, p.has, p.upto, (SELECT e.place FROM entry_line e WHERE e.place BETWEEN r.key << 32 AND (r.key << 32) + 4294967295
    ORDER BY e.place DESC LIMIT 1) - (r.key << 32) + 1
FROM peer_room p JOIN room r ON r.key = p.room WHERE p.peer = :peer AND r.hub = :hub ORDER BY p.room;

-- name: note_has
UPDATE peer_room SET has = max(has, :size) WHERE peer = :peer AND room = :room;

-- name: lower_has
UPDATE peer_room SET has = min(has, :size) WHERE peer = :peer AND room = :room;

-- name: insert_cosignature
INSERT INTO cosignature (room, agency, size, line) VALUES (:room, :agency, :size, :line)
ON CONFLICT (room, agency, size) DO UPDATE SET line = excluded.line;

-- name: cosigned
SELECT agency, max(size) FROM cosignature WHERE room = :room GROUP BY agency;

-- name: cosignatures
SELECT line FROM cosignature WHERE room = :room AND size = :size ORDER BY agency;

-- name: followers_of_hub
SELECT r.id, p.peer FROM peer_room p CROSS JOIN room r ON r.key = p.room WHERE r.hub = :hub AND p.upto IS NULL;
