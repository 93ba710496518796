-- What `entry_at` and `txn` do not have yet, by place: a few hundred rows, so that all rooms' newest entries are on a few
-- pages. A batch writes it together with the log; `log/folding.py` moves its rows on. It takes the place of ranges of
-- positions, for which every reader walked the end of the log and met each torn page of it.
CREATE TABLE unfolded_at (
    place INTEGER PRIMARY KEY,
    pos INTEGER NOT NULL,
    type TEXT NOT NULL,
    sender TEXT NOT NULL,
    txn_id TEXT
) STRICT;

INSERT INTO unfolded_at (place, pos, type, sender, txn_id)
SELECT l.place, l.pos, l.type, l.sender, l.txn_id
FROM unfolded CROSS JOIN log l ON l.pos BETWEEN unfolded.first AND unfolded.last;

DROP VIEW entry;
DROP VIEW entry_line;
DROP TABLE unfolded;

-- All entries, whether `entry_at` has them or not. A statement that puts them in order selects `place` too: SQLite then
-- walks both parts by their keys and merges them.
CREATE VIEW entry AS
SELECT a.place AS place, a.place >> 32 AS room, a.place & 4294967295 AS n, l.pos AS pos, l.at AS at, l.type AS type,
    l.sender AS sender, l.txn_id AS txn_id, l.target AS target, l.ht AS ht, l.rg AS rg, l.os AS os, l.origin AS origin,
    l.epoch AS epoch, l.header AS header, l.seal AS seal, l.sealed AS sealed
FROM entry_at a CROSS JOIN log l ON l.pos = a.pos
UNION ALL
SELECT u.place, u.place >> 32, u.place & 4294967295, l.pos, l.at, l.type, l.sender, l.txn_id, l.target, l.ht, l.rg, l.os,
    l.origin, l.epoch, l.header, l.seal, l.sealed
FROM unfolded_at u CROSS JOIN log l ON l.pos = u.pos;

-- The same entries by what lists need, without a look at the log.
CREATE VIEW entry_line AS
SELECT a.place AS place, a.place >> 32 AS room, a.place & 4294967295 AS n, a.pos AS pos, a.type AS type, a.sender AS sender
FROM entry_at a
UNION ALL
SELECT u.place, u.place >> 32, u.place & 4294967295, u.pos, u.type, u.sender
FROM unfolded_at u;
