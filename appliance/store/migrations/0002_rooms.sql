-- Rooms: the log of entries, its projections, and the one feed everything else follows.
-- Rows of hot tables are clustered by room, so that a page of a room is one short walk whatever the size of the rest.

CREATE TABLE room (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT,
    owner TEXT NOT NULL,
    owner_post TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    create_txn TEXT NOT NULL,
    -- The two people of a private chat, in order: there is one such room, whoever asks for it.
    pair TEXT UNIQUE,
    closed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (created_by, create_txn)
) STRICT;

CREATE INDEX room_owner_post ON room (owner_post) WHERE owner_post IS NOT NULL;

CREATE TABLE room_member (
    room INTEGER NOT NULL REFERENCES room (key),
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    since INTEGER NOT NULL,
    -- Read up to here; at first the entry that added them, so that history is readable but not unread (F18).
    read INTEGER NOT NULL,
    PRIMARY KEY (room, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_member_person ON room_member (person, room);

-- What one person did to their own view of a room; nobody else is affected (F19, F40).
CREATE TABLE room_view (
    room INTEGER NOT NULL REFERENCES room (key),
    person TEXT NOT NULL,
    muted INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER,
    cleared INTEGER,
    unread_from INTEGER,
    PRIMARY KEY (room, person)
) STRICT, WITHOUT ROWID;

-- One key per room, ISO week and kind. `wrapped` NULL: destroyed, and with it every body it sealed.
CREATE TABLE epoch_key (
    key INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES room (key),
    week TEXT NOT NULL,
    kind TEXT NOT NULL,
    wrapped BLOB,
    UNIQUE (room, week, kind)
) STRICT;

-- An entry's place is its room and its position in one number, so that a room's rows lie together, in order, under a tree
-- of numbers. A table WITHOUT ROWID keeps whole rows in its inner pages, four to a page: every message changed more of them.
CREATE TABLE entry (
    place INTEGER PRIMARY KEY,
    room INTEGER NOT NULL GENERATED ALWAYS AS (place >> 32) VIRTUAL REFERENCES room (key),
    n INTEGER NOT NULL GENERATED ALWAYS AS (place & 4294967295) VIRTUAL,
    pos INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    sender TEXT NOT NULL,
    target INTEGER,
    header BLOB NOT NULL,
    epoch INTEGER,
    sealed BLOB
) STRICT;

-- The newest edit and the retraction of a message; the log keeps all of them.
CREATE TABLE message_mark (
    room INTEGER NOT NULL,
    n INTEGER NOT NULL,
    edit INTEGER,
    redact INTEGER,
    PRIMARY KEY (room, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE message_edit (
    room INTEGER NOT NULL,
    target INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (room, target, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction (
    room INTEGER NOT NULL,
    target INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    person TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (room, target, emoji, person)
) STRICT, WITHOUT ROWID;

-- Whom a message names; person '*' is everyone in the room.
CREATE TABLE mention (
    room INTEGER NOT NULL,
    person TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (room, person, n)
) STRICT, WITHOUT ROWID;

-- The first result of a client's command, for its repeats.
CREATE TABLE txn (
    room INTEGER NOT NULL,
    sender TEXT NOT NULL,
    txn_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (room, sender, txn_id)
) STRICT, WITHOUT ROWID;

-- Every time a person's read position moved: message n was first read when the smallest `upto` at or above n came.
CREATE TABLE receipt (
    room INTEGER NOT NULL,
    person TEXT NOT NULL,
    upto INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room, person, upto)
) STRICT, WITHOUT ROWID;

-- The newest signed checkpoint of each room (C2SP signed note) with the edge of its tree. A room's size and tree are
-- made from here and the entries that follow, so that a message does not have to rewrite its room's row.
CREATE TABLE checkpoint (
    room INTEGER PRIMARY KEY REFERENCES room (key),
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    note TEXT NOT NULL
) STRICT;

-- Everything that happened, in one order: an entry (room, n), something else in a room (room), or something for one
-- person's eyes (person). There is no second way to hear about anything.
CREATE TABLE feed (
    pos INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    room INTEGER,
    n INTEGER,
    person TEXT,
    data TEXT
) STRICT;
-- Entries are left out: in a room their positions rise with n, so a room's entries after a position are found by bisection.
CREATE INDEX feed_room ON feed (room) WHERE n IS NULL AND person IS NULL;
CREATE INDEX feed_person ON feed (person) WHERE person IS NOT NULL;

-- What a member asks of a room's owner: to be taken off (F41), or that others be added (F34). `people`: those it is
-- about, their ids parted by spaces.
CREATE TABLE owner_request (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    room INTEGER NOT NULL REFERENCES room (key),
    person TEXT NOT NULL,
    people TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    asked INTEGER NOT NULL,
    answered INTEGER,
    answered_by TEXT,
    note TEXT NOT NULL DEFAULT '',
    escalated INTEGER
) STRICT;
CREATE INDEX owner_request_room ON owner_request (room, kind, person);
CREATE INDEX owner_request_pending ON owner_request (kind, asked) WHERE state = 'pending';
