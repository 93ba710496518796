-- What the leaf of an entry needs besides its header and position: `ht`, the hub's time (ms UTC); `rg`, the version of the
-- registry of agencies, 0 outside any federation; `seal`, the canonical bytes of the gateway's seal, NULL for an entry of
-- the hub's own agency. `origin` and `os` are the header's, for reads. So a leaf is never made from assumptions.
CREATE TABLE stored_entry (
    place INTEGER PRIMARY KEY,
    room INTEGER NOT NULL GENERATED ALWAYS AS (place >> 32) VIRTUAL REFERENCES room (key),
    n INTEGER NOT NULL GENERATED ALWAYS AS (place & 4294967295) VIRTUAL,
    pos INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    sender TEXT NOT NULL,
    target INTEGER,
    ht INTEGER NOT NULL,
    rg INTEGER NOT NULL,
    os INTEGER NOT NULL,
    origin TEXT NOT NULL,
    seal BLOB,
    header BLOB NOT NULL,
    epoch INTEGER,
    sealed BLOB,
    txn_id TEXT
) STRICT;

INSERT INTO stored_entry (place, pos, at, type, sender, target, ht, rg, os, origin, seal, header, epoch, sealed, txn_id)
SELECT place, pos, at, type, sender, target, coalesce(ht, at), 0, place & 4294967295,
    CAST(header AS TEXT) ->> '$.or', NULL, header, epoch, sealed, txn_id FROM entry ORDER BY place;

DROP TABLE entry;
ALTER TABLE stored_entry RENAME TO entry;

-- The agency that is the room's hub, which hub it is, counted from 1, and the first position that is its.
ALTER TABLE room ADD COLUMN hub TEXT NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN hub_epoch INTEGER NOT NULL DEFAULT 1;
ALTER TABLE room ADD COLUMN hub_since INTEGER NOT NULL DEFAULT 0;
UPDATE room SET hub = coalesce((SELECT origin FROM entry WHERE place = room.key << 32), '');

-- How many entries of each agency the checkpoint covers: an object of slug and count.
ALTER TABLE checkpoint ADD COLUMN counters TEXT NOT NULL DEFAULT '{}';
UPDATE checkpoint SET counters = json_object((SELECT hub FROM room WHERE key = checkpoint.room), size);
