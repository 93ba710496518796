-- Files: uploads on their way, what was stored (blobs and the variants made of them), and the messages that refer to them.
-- The bytes are no rows: they lie sealed in the folder `files`, one object for each id (`appliance/files/objects.py`).

-- An upload from its first byte until a message refers to it, or it expires. `said` is what its sender says of it (name,
-- type, …), sealed under its file key; `wrapped_key` is that key under the key of files. `room` is NULL for a portrait.
-- `blob` is what was made of it once its last byte was there: the same object, or one that was cleaned.
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    room INTEGER REFERENCES room (key),
    size INTEGER NOT NULL,
    label INTEGER NOT NULL DEFAULT 0,
    said BLOB NOT NULL,
    wrapped_key BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'receiving',
    refused TEXT,
    blob TEXT REFERENCES blob (id),
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_by_person ON upload (person, made_at);
CREATE INDEX upload_by_expiry ON upload (expires_at);
CREATE INDEX upload_by_room ON upload (room) WHERE room IS NOT NULL;
CREATE INDEX upload_by_blob ON upload (blob) WHERE blob IS NOT NULL;

-- A stored object. `kind` is file, recording, portrait, or one of the variants, which have a `parent` and die with it. A
-- variant's key is derived from its parent's. `wrapped_key` is the key under the key of files until a message refers to
-- the blob; from then on only its references open it. `refs` counts these. `queue`: it still waits for the scan or for its
-- variants. `owner` is whose quota it counts in.
CREATE TABLE blob (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    parent TEXT REFERENCES blob (id),
    page INTEGER,
    owner TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    refs INTEGER NOT NULL DEFAULT 0 CHECK (refs >= 0),
    wrapped_key BLOB,
    scan TEXT NOT NULL DEFAULT 'pending',
    scanned_at INTEGER,
    found TEXT,
    released INTEGER NOT NULL DEFAULT 0,
    preparing INTEGER NOT NULL DEFAULT 0,
    width INTEGER,
    height INTEGER,
    ms INTEGER,
    pages INTEGER,
    waveform BLOB,
    made_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX blob_by_parent ON blob (parent) WHERE parent IS NOT NULL;
CREATE INDEX blob_to_scan ON blob (made_at) WHERE scan = 'pending' AND parent IS NULL;
CREATE INDEX blob_to_prepare ON blob (made_at) WHERE preparing = 1;
CREATE INDEX blob_unreferenced ON blob (made_at) WHERE refs = 0 AND parent IS NULL;

-- A message refers to a blob: the file key once more, under the epoch key (room, week, `file`) of the message. `form` is how
-- it is shown, so that the files of a room can be listed without opening a body.
CREATE TABLE file_ref (
    room INTEGER NOT NULL REFERENCES room (key),
    n INTEGER NOT NULL,
    place INTEGER NOT NULL,
    blob TEXT NOT NULL REFERENCES blob (id),
    epoch INTEGER NOT NULL REFERENCES epoch_key (key),
    wrapped_key BLOB NOT NULL,
    form TEXT NOT NULL,
    label INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, n, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX file_ref_by_blob ON file_ref (blob);
CREATE INDEX file_ref_by_epoch ON file_ref (epoch);

-- Bytes of files that are referred to, by whose they are: a person in a year, a unit, the agency.
CREATE TABLE file_use (
    scope TEXT NOT NULL,
    owner TEXT NOT NULL,
    year INTEGER NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (scope, owner, year)
) STRICT, WITHOUT ROWID;

-- What was deleted for good and where: one receipt for each store that had something of it. It outlives the blob.
CREATE TABLE file_receipt (
    key INTEGER PRIMARY KEY,
    blob TEXT NOT NULL,
    store TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;

CREATE INDEX file_receipt_by_blob ON file_receipt (blob);
