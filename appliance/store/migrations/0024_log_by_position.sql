-- The log by position: entries of all rooms are appended where they happened and are never moved, so that a batch of many
-- rooms writes the same few pages. About a minute for a million entries, and room for them twice.
CREATE TABLE log (
    pos INTEGER PRIMARY KEY,
    -- The room's key and the entry's number in it, as one number: room << 32 | n.
    place INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    sender TEXT NOT NULL,
    txn_id TEXT,
    target INTEGER,
    ht INTEGER NOT NULL,
    rg INTEGER NOT NULL,
    os INTEGER NOT NULL,
    origin TEXT NOT NULL,
    epoch INTEGER,
    header BLOB NOT NULL,
    seal BLOB,
    sealed BLOB
) STRICT;

-- Where each entry of a room is, with what lists need. Made from the log in the background (`log/folding.py`).
CREATE TABLE entry_at (
    place INTEGER PRIMARY KEY,
    pos INTEGER NOT NULL,
    type TEXT NOT NULL,
    sender TEXT NOT NULL
) STRICT;

-- Positions of the log that `entry_at` and `txn` do not cover yet: the end, which is open, and single entries for which
-- they could not be written.
CREATE TABLE unfolded (
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- The feed names the entries in their order. The second statement takes what it does not name.
INSERT INTO log (pos, place, at, type, sender, txn_id, target, ht, rg, os, origin, epoch, header, seal, sealed)
SELECT e.pos, e.place, e.at, e.type, e.sender, e.txn_id, e.target, e.ht, e.rg, e.os, e.origin, e.epoch, e.header, e.seal, e.sealed
FROM feed f CROSS JOIN entry e ON e.place = (f.room << 32) + f.n AND e.pos = f.pos WHERE f.n IS NOT NULL ORDER BY f.pos;
INSERT INTO log (pos, place, at, type, sender, txn_id, target, ht, rg, os, origin, epoch, header, seal, sealed)
SELECT e.pos, e.place, e.at, e.type, e.sender, e.txn_id, e.target, e.ht, e.rg, e.os, e.origin, e.epoch, e.header, e.seal, e.sealed
FROM entry e WHERE NOT EXISTS (SELECT 1 FROM log l WHERE l.pos = e.pos AND l.place = e.place);
INSERT INTO entry_at (place, pos, type, sender) SELECT place, pos, type, sender FROM entry ORDER BY place;

-- Entries of before migration 0018 have their idempotency key in `txn` alone.
UPDATE log SET txn_id = t.txn_id FROM txn t CROSS JOIN entry_at a ON a.place = (t.room << 32) + t.n
WHERE log.pos = a.pos AND log.sender = t.sender AND log.txn_id IS NULL;

DROP TABLE entry;

-- Entries are lines of the feed by their position in the log; the table keeps the other lines.
CREATE TABLE line (
    pos INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    room INTEGER,
    person TEXT,
    data TEXT
) STRICT;
INSERT INTO line (pos, at, type, room, person, data) SELECT pos, at, type, room, person, data FROM feed WHERE n IS NULL ORDER BY pos;
DROP TABLE feed;
ALTER TABLE line RENAME TO feed;
CREATE INDEX feed_room ON feed (room) WHERE person IS NULL;
CREATE INDEX feed_person ON feed (person) WHERE person IS NOT NULL;

INSERT INTO unfolded (first, last)
SELECT 1 + max(coalesce((SELECT max(pos) FROM log), 0), coalesce((SELECT max(pos) FROM feed), 0)), 9223372036854775807;

-- All entries, whether `entry_at` has them or not. A statement that puts them in order selects `place` too: SQLite then
-- walks both parts by their keys and merges them.
CREATE VIEW entry AS
SELECT a.place AS place, a.place >> 32 AS room, a.place & 4294967295 AS n, l.pos AS pos, l.at AS at, l.type AS type,
    l.sender AS sender, l.txn_id AS txn_id, l.target AS target, l.ht AS ht, l.rg AS rg, l.os AS os, l.origin AS origin,
    l.epoch AS epoch, l.header AS header, l.seal AS seal, l.sealed AS sealed
FROM entry_at a CROSS JOIN log l ON l.pos = a.pos
UNION ALL
SELECT l.place, l.place >> 32, l.place & 4294967295, l.pos, l.at, l.type, l.sender, l.txn_id, l.target, l.ht, l.rg, l.os,
    l.origin, l.epoch, l.header, l.seal, l.sealed
FROM unfolded CROSS JOIN log l ON l.pos BETWEEN unfolded.first AND unfolded.last;

-- The same entries by what lists need, without a look at the log for those in `entry_at`.
CREATE VIEW entry_line AS
SELECT a.place AS place, a.place >> 32 AS room, a.place & 4294967295 AS n, a.pos AS pos, a.type AS type, a.sender AS sender
FROM entry_at a
UNION ALL
SELECT l.place, l.place >> 32, l.place & 4294967295, l.pos, l.type, l.sender
FROM unfolded CROSS JOIN log l ON l.pos BETWEEN unfolded.first AND unfolded.last;
