-- Rooms that agencies share. Nothing here is written for a room of one agency.

-- The hub's signed note at a size of a room, with the edge of the tree there: what is given to followers again byte for byte,
-- what tells the root that an entry says it has seen, and what a fork is proved with.
CREATE TABLE room_note (
    room INTEGER NOT NULL REFERENCES room (key),
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (room, size)
) STRICT;

-- Cosignatures of followers, line by line, at the size that they cosigned.
CREATE TABLE cosignature (
    room INTEGER NOT NULL REFERENCES room (key),
    agency TEXT NOT NULL,
    size INTEGER NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (room, agency, size)
) STRICT, WITHOUT ROWID;

-- Ids of entries, filled when another agency's entries are judged: an id is used once in a room.
CREATE TABLE entry_id (
    room INTEGER NOT NULL REFERENCES room (key),
    id TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entry_id_n ON entry_id (room, n);

-- Why a room is read-only: what a hub gave that is not the log, with both notes. `ended_at`: an operator has ended it.
CREATE TABLE quarantine (
    key INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES room (key),
    at INTEGER NOT NULL,
    peer TEXT NOT NULL,
    step INTEGER NOT NULL,
    reason TEXT NOT NULL,
    n INTEGER NOT NULL,
    leaf BLOB,
    note TEXT NOT NULL,
    held TEXT,
    ended_at INTEGER
) STRICT;
CREATE INDEX quarantine_by_room ON quarantine (room);

-- How far this appliance has what a hub gives: the hub's own position.
CREATE TABLE peer_cursor (
    peer TEXT PRIMARY KEY,
    pos INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which agencies are given a room of which this one is the hub: how many entries they have, and, once their last member was
-- taken off, how many they get.
CREATE TABLE peer_room (
    peer TEXT NOT NULL,
    room INTEGER NOT NULL REFERENCES room (key),
    has INTEGER NOT NULL DEFAULT 0,
    upto INTEGER,
    PRIMARY KEY (peer, room)
) STRICT, WITHOUT ROWID;
CREATE INDEX peer_room_by_room ON peer_room (room);
