-- What people here write to rooms that another agency orders, until its entry has come back from there. In the order of `key`.
-- `phase`: `pending` has no header yet; `sealed` has header and seal and may be with the hub; `accepted` has its position `n`
-- there; `refused` says why in `reason`. The body is sealed to the room and the id that its entry will have.
CREATE TABLE outbox (
    key INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES room (key),
    id TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL,
    txn_id TEXT,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT,
    commitment TEXT NOT NULL,
    length INTEGER NOT NULL,
    epoch INTEGER REFERENCES epoch_key (key),
    sealed BLOB,
    phase TEXT NOT NULL DEFAULT 'pending',
    header BLOB,
    seal BLOB,
    n INTEGER,
    reason TEXT,
    UNIQUE (room, sender, txn_id)
) STRICT;
CREATE INDEX outbox_by_room ON outbox (room, phase, key);
