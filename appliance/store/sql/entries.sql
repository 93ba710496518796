-- name: insert_entry
INSERT INTO log (place, pos, at, type, sender, target, ht, rg, os, origin, seal, header, epoch, sealed, txn_id)
VALUES ((?1 << 32) + ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16);

-- name: insert_feed
INSERT INTO feed (pos, at, type, room, person, data) VALUES (?, ?, ?, ?, ?, ?);

-- name: any_txn
SELECT EXISTS (SELECT 1 FROM json_each(:keys) CROSS JOIN txn t ON t.room = json_each.value ->> 0
    AND t.sender = json_each.value ->> 1 AND t.txn_id = json_each.value ->> 2);

-- name: find_txn
SELECT t.n, l.header, l.at, l.pos FROM room r
CROSS JOIN txn t ON t.room = r.key
CROSS JOIN entry_at a ON a.place = (t.room << 32) + t.n
CROSS JOIN log l ON l.pos = a.pos
WHERE r.id = :room AND t.sender = :sender AND t.txn_id = :txn_id
UNION ALL
SELECT u.place & 4294967295, l.header, l.at, l.pos FROM room r
CROSS JOIN unfolded_at u ON u.place BETWEEN r.key << 32 AND (r.key << 32) + 4294967295
CROSS JOIN log l ON l.pos = u.pos
WHERE r.id = :room AND u.sender = :sender AND u.txn_id = :txn_id
LIMIT 1;

-- name: txn_ids_of_sender
SELECT n, txn_id FROM entry
WHERE room = :room AND place BETWEEN (:room << 32) + :first AND (:room << 32) + :last AND sender = :sender AND txn_id IS NOT NULL;

-- name: insert_epoch_key
INSERT INTO epoch_key (key, room, week, kind, generation, wrapped) VALUES (?, ?, ?, ?, ?, ?);

-- name: mark_edited
INSERT INTO message_mark (room, n, edit) VALUES (?, ?, ?) ON CONFLICT (room, n) DO UPDATE SET edit = excluded.edit;

-- name: mark_redacted
INSERT INTO message_mark (room, n, redact) VALUES (?, ?, ?)
ON CONFLICT (room, n) DO UPDATE SET redact = coalesce(redact, excluded.redact);

-- name: insert_edit
INSERT INTO message_edit (room, target, n) VALUES (?, ?, ?);

-- name: insert_reaction
INSERT INTO reaction (room, target, emoji, person, n) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: delete_reaction
DELETE FROM reaction WHERE room = ? AND target = ? AND emoji = ? AND person = ?;

-- name: insert_mention
INSERT INTO mention (room, person, n) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- name: target
SELECT e.n, e.type, e.sender, e.at, m.redact, e.header FROM entry e LEFT JOIN message_mark m ON m.room = e.room AND m.n = e.n
WHERE e.room = :room AND e.place = (:room << 32) + :n;

-- name: range
SELECT e.n, e.pos, e.at, e.type, e.sender, e.target, e.ht, e.rg, e.os, e.origin, e.seal, e.header, e.epoch,
    e.sealed, m.edit, m.redact, e.place
FROM entry e LEFT JOIN message_mark m ON m.room = e.room AND m.n = e.n
WHERE e.room = :room AND e.place BETWEEN (:room << 32) + :first AND (:room << 32) + min(:last, 4294967295) ORDER BY e.place;

-- name: one
SELECT e.n, e.pos, e.at, e.type, e.sender, e.target, e.ht, e.rg, e.os, e.origin, e.seal, e.header, e.epoch,
    e.sealed, m.edit, m.redact
FROM entry e LEFT JOIN message_mark m ON m.room = e.room AND m.n = e.n
WHERE e.room = :room AND e.place = (:room << 32) + :n;

-- name: without_body
SELECT n, pos, at, type, sender, target, ht, rg, os, origin, seal, header FROM entry WHERE room = :room AND place = (:room << 32) + :n;

-- name: last_message
SELECT e.n, e.pos, e.at, e.type, e.sender, e.target, e.ht, e.rg, e.os, e.origin, e.seal, e.header, e.epoch,
    e.sealed, m.edit, m.redact
FROM entry e LEFT JOIN message_mark m ON m.room = e.room AND m.n = e.n
WHERE e.place = (SELECT o.place FROM entry_line o WHERE o.place BETWEEN :room << 32 AND (:room << 32) + :before - 1
    AND o.type IN (SELECT value FROM json_each(:types)) ORDER BY o.place DESC LIMIT 1);

-- name: of_types_after
SELECT n, pos, at, type, sender, target, ht, rg, os, origin, seal, header, place FROM entry
WHERE place IN (SELECT o.place FROM entry_line o
    WHERE o.room = :room AND o.place > (:room << 32) + :after AND o.place <= (:room << 32) + 4294967295
    AND o.type IN (SELECT value FROM json_each(:types)))
ORDER BY place;

-- name: edits_of
SELECT n FROM message_edit WHERE room = :room AND target = :n ORDER BY n;

-- name: emoji_of
WITH RECURSIVE found (emoji) AS (
    SELECT min(emoji) FROM reaction WHERE room = :room AND target = :target
    UNION ALL
    SELECT (SELECT min(emoji) FROM reaction WHERE room = :room AND target = :target AND emoji > found.emoji)
    FROM found WHERE found.emoji IS NOT NULL)
SELECT emoji FROM found WHERE emoji IS NOT NULL;

-- name: reactions_between
SELECT target, emoji, person FROM reaction WHERE room = :room AND target BETWEEN :first AND :last ORDER BY target, n;

-- name: log_after
SELECT n, ht, rg, origin, seal, header, place FROM entry
WHERE room = :room AND place BETWEEN (:room << 32) + :n AND (:room << 32) + 4294967295 ORDER BY place LIMIT :limit;

-- name: asks_for_roots
SELECT EXISTS (SELECT 1 FROM entry
    WHERE place BETWEEN :room << 32 AND (:room << 32) + 4294967295
        AND (seal IS NOT NULL OR type IN (SELECT value FROM json_each(:types))));

-- name: export_page
SELECT n, ht, rg, origin, seal, header, epoch, sealed, place FROM entry
WHERE room = :room AND place BETWEEN (:room << 32) + :n AND (:room << 32) + 4294967295 ORDER BY place LIMIT :limit;

-- name: insert_concern
INSERT INTO concern (room, person, n) VALUES (?, ?, ?) ON CONFLICT DO NOTHING;

-- name: last_concern
SELECT max((SELECT coalesce(max(n), -1) FROM concern WHERE room = :room AND person = :person AND n < :before),
    coalesce((SELECT c.n FROM concern c WHERE c.room = :room AND c.person = '*' AND c.n < :before
        AND (SELECT e.sender FROM entry_line e WHERE e.place = (c.room << 32) + c.n) <> :person
        ORDER BY c.n DESC LIMIT 1), -1));

-- name: concerns_of_room
SELECT n, person FROM concern WHERE room = :room;

-- name: unread_count
SELECT min(1000, (SELECT count(*) FROM (
    SELECT 1 FROM entry_line WHERE room = :room AND place > (:room << 32) + :after AND place <= (:room << 32) + 4294967295
    AND type IN (SELECT value FROM json_each(:types)) AND sender <> :person
    AND n NOT IN (SELECT value FROM json_each(:hidden)) LIMIT 1000))
    + (SELECT count(*) FROM concern WHERE room = :room AND person = :person AND n > :after
        AND n NOT IN (SELECT value FROM json_each(:hidden)))
    + (SELECT count(*) FROM concern c WHERE c.room = :room AND c.person = '*' AND c.n > :after
        AND c.n NOT IN (SELECT value FROM json_each(:hidden))
        AND (SELECT e.sender FROM entry_line e WHERE e.place = (c.room << 32) + c.n) <> :person));

-- name: mention_count
SELECT count(*) FROM (
    SELECT 1 FROM mention m WHERE m.room = :room AND m.person IN (:person, '*') AND m.n > :after
    AND m.n NOT IN (SELECT value FROM json_each(:hidden))
    AND NOT EXISTS (SELECT 1 FROM message_mark k WHERE k.room = m.room AND k.n = m.n AND k.redact IS NOT NULL)
    AND (m.person = '*' OR NOT EXISTS (SELECT 1 FROM mention w WHERE w.room = m.room AND w.person = '*' AND w.n = m.n))
    AND (SELECT e.sender FROM entry_line e WHERE e.place = (m.room << 32) + m.n) <> :person LIMIT 1000);

-- name: has_reaction
SELECT 1 FROM reaction WHERE room = :room AND target = :n AND emoji = :emoji AND person = :person;

-- name: marks_of_room
SELECT n, edit, redact FROM message_mark WHERE room = :room;

-- name: edits_of_room
SELECT target, n FROM message_edit WHERE room = :room;

-- name: reactions_of_room
SELECT target, emoji, person, n FROM reaction WHERE room = :room;

-- name: mentions_of_room
SELECT n, person FROM mention WHERE room = :room;

-- name: erase_bodies
UPDATE log SET epoch = NULL, sealed = NULL WHERE pos IN (
    SELECT pos FROM entry_line WHERE place BETWEEN (?1 << 32) + ?2 AND (?1 << 32) + min(?3, 4294967295));

-- name: erase_mentions
DELETE FROM mention WHERE room = ?1 AND n BETWEEN ?2 AND ?3 AND person <> '*';

-- name: of_no_room
SELECT k.room FROM (SELECT place >> 32 AS room FROM log UNION SELECT place >> 32 FROM entry_at
    UNION SELECT place >> 32 FROM unfolded_at UNION SELECT room FROM txn) k
WHERE NOT EXISTS (SELECT 1 FROM room r WHERE r.key = k.room) LIMIT :limit;

-- name: is_in_log
SELECT EXISTS (SELECT 1 FROM log WHERE place = (:room << 32) + :n);

-- name: first_misplaced
SELECT min(place) & 4294967295 FROM (
    SELECT min(a.place) AS place FROM entry_at a LEFT JOIN log l ON l.pos = a.pos
    WHERE a.place BETWEEN (:room << 32) + :first AND (:room << 32) + :last AND (
        (l.place, l.type, l.sender) IS NOT (a.place, a.type, a.sender)
        OR EXISTS (SELECT 1 FROM unfolded_at u WHERE u.place = a.place))
    UNION ALL
    SELECT min(u.place) FROM unfolded_at u LEFT JOIN log l ON l.pos = u.pos
    WHERE u.place BETWEEN (:room << 32) + :first AND (:room << 32) + :last
        AND (l.place, l.type, l.sender, l.txn_id) IS NOT (u.place, u.type, u.sender, u.txn_id));

-- name: first_without_txn
SELECT min(a.place) & 4294967295 FROM entry_at a CROSS JOIN log l ON l.pos = a.pos
WHERE a.place BETWEEN (:room << 32) + :first AND (:room << 32) + :last AND l.txn_id IS NOT NULL
    AND (SELECT t.n FROM txn t WHERE t.room = :room AND t.sender = l.sender AND t.txn_id = l.txn_id)
        IS NOT a.place & 4294967295;

-- name: first_wrong_txn
SELECT min(t.n) FROM txn t LEFT JOIN entry_at a ON a.place = (t.room << 32) + t.n LEFT JOIN log l ON l.pos = a.pos
WHERE t.room = :room AND (l.sender, l.txn_id) IS NOT (t.sender, t.txn_id);

-- name: unplaced
SELECT l.pos FROM log l LEFT JOIN entry_at a ON a.place = l.place LEFT JOIN unfolded_at u ON u.place = l.place
WHERE a.pos IS NOT l.pos AND u.pos IS NOT l.pos ORDER BY l.pos LIMIT :limit;
