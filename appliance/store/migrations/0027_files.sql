-- Files: uploads on their way, what was stored (blobs and the variants made of them), and the messages that refer to them.
-- The bytes are no rows: they lie sealed in the folder `files`, one object for each id (`appliance/files/objects.py`).

-- An upload from its first byte until a message refers to it, or it expires. `said` is what its sender says of it (name,
-- type, …), sealed under its file key; `wrapped_key` is that key under the key of files. `room` is NULL for a picture of the person's own card.
-- `blob` is what was made of it once its last byte was there: the same object, or one that was cleaned. `tries` is how often it
-- was begun to prepare it.
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
    tries INTEGER NOT NULL DEFAULT 0,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The year in Thailand (UTC+7), for the quota.
    year INTEGER NOT NULL GENERATED ALWAYS AS (CAST(strftime('%Y', made_at / 1000 + 25200, 'unixepoch') AS INTEGER)) VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_by_person ON upload (person, made_at);
CREATE INDEX upload_by_expiry ON upload (expires_at);
CREATE INDEX upload_by_room ON upload (room) WHERE room IS NOT NULL;
CREATE INDEX upload_by_blob ON upload (blob) WHERE blob IS NOT NULL;
CREATE INDEX upload_to_prepare ON upload (state, person, made_at) WHERE state = 'preparing';
CREATE INDEX upload_to_prepare_by_size ON upload (state, person, size) WHERE state = 'preparing';

-- A stored object. `kind` is file, recording, portrait, or one of the variants, which have a `parent` and die with it. A
-- variant's key is derived from its parent's. `wrapped_key` is the key under the key of files until a message refers to
-- the blob; from then on only its references open it. `refs` counts these. `owner` is whose quota it counts in.
-- `scan` is what the virus scan says and `found` the name of what it found; `scan_due` is 1 where it was never scanned, 2 where
-- it is to be scanned again, 0 for neither. `released`: an operator lets it be opened, whatever the scan says. `preparing`: its
-- variants are still to be made, or, once it is infected, its bytes to be sealed anew for the quarantine. `damaged_at`: since then
-- its object is known not to open. `checked_at`: when all its records were opened last by the nightly check, 0 for never.
-- `tries` and `scan_tries` are how often the one and the other were begun: to prepare it, to scan it.
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
    scan_due INTEGER NOT NULL DEFAULT 0,
    released INTEGER NOT NULL DEFAULT 0,
    preparing INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    scan_tries INTEGER NOT NULL DEFAULT 0,
    width INTEGER,
    height INTEGER,
    ms INTEGER,
    pages INTEGER,
    waveform BLOB,
    made_at INTEGER NOT NULL,
    damaged_at INTEGER,
    checked_at INTEGER NOT NULL DEFAULT 0,
    -- The year in Thailand (UTC+7), for the quota.
    year INTEGER NOT NULL GENERATED ALWAYS AS (CAST(strftime('%Y', made_at / 1000 + 25200, 'unixepoch') AS INTEGER)) VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE INDEX blob_by_parent ON blob (parent) WHERE parent IS NOT NULL;
CREATE INDEX blob_by_scan ON blob (scan, made_at) WHERE parent IS NULL;
CREATE INDEX blob_to_scan ON blob (scan_due, owner, made_at) WHERE scan_due > 0;
CREATE INDEX blob_to_scan_by_size ON blob (scan_due, owner, size) WHERE scan_due > 0;
CREATE INDEX blob_to_prepare ON blob (preparing, owner, made_at) WHERE preparing = 1;
CREATE INDEX blob_to_prepare_by_size ON blob (preparing, owner, size) WHERE preparing = 1;
CREATE INDEX blob_damaged ON blob (damaged_at) WHERE damaged_at IS NOT NULL;
CREATE INDEX blob_to_check ON blob (checked_at);
CREATE INDEX blob_unreferenced ON blob (made_at) WHERE refs = 0 AND parent IS NULL AND kind <> 'portrait';

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
CREATE INDEX file_ref_by_form ON file_ref (room, form, n, place);
CREATE INDEX file_ref_by_epoch ON file_ref (epoch);

-- Bytes of files, by whose they are: scope `person` in a year of the Thai calendar (`owner` is the person), and `agency`
-- with owner '' and year 0. `bytes` are those of blobs that a message refers to and of all variants of files, also of those not
-- sent yet, `reserved` those of uploads on their way.
-- A unit's are the sum over its people. Kept by the triggers below alone.
CREATE TABLE file_use (
    scope TEXT NOT NULL,
    owner TEXT NOT NULL,
    year INTEGER NOT NULL,
    bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    PRIMARY KEY (scope, owner, year)
) STRICT, WITHOUT ROWID;

-- The counts follow their rows whoever writes these, so that no path can forget one. From the first reference on only
-- references open a blob.
CREATE TRIGGER file_ref_made AFTER INSERT ON file_ref BEGIN
    UPDATE blob SET refs = refs + 1, wrapped_key = NULL WHERE id = NEW.blob;
END;

CREATE TRIGGER file_ref_gone AFTER DELETE ON file_ref BEGIN
    UPDATE blob SET refs = refs - 1 WHERE id = OLD.blob;
END;

CREATE TRIGGER blob_counted AFTER UPDATE OF refs ON blob WHEN OLD.refs = 0 AND NEW.refs > 0 BEGIN
    INSERT INTO file_use (scope, owner, year, bytes) VALUES ('person', NEW.owner, NEW.year, NEW.size), ('agency', '', 0, NEW.size)
    ON CONFLICT (scope, owner, year) DO UPDATE SET bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER blob_uncounted AFTER UPDATE OF refs ON blob WHEN OLD.refs > 0 AND NEW.refs = 0 BEGIN
    UPDATE file_use SET bytes = bytes - NEW.size
    WHERE (scope = 'person' AND owner = NEW.owner AND year = NEW.year) OR (scope = 'agency' AND owner = '' AND year = 0);
END;

-- What is made of a photograph of a card is no file of anybody.
CREATE TRIGGER variant_counted AFTER INSERT ON blob
WHEN NEW.parent IS NOT NULL AND (SELECT kind FROM blob WHERE id = NEW.parent) <> 'portrait' BEGIN
    INSERT INTO file_use (scope, owner, year, bytes) VALUES ('person', NEW.owner, NEW.year, NEW.size), ('agency', '', 0, NEW.size)
    ON CONFLICT (scope, owner, year) DO UPDATE SET bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER variant_uncounted BEFORE DELETE ON blob
WHEN OLD.parent IS NOT NULL AND (SELECT kind FROM blob WHERE id = OLD.parent) <> 'portrait' BEGIN
    UPDATE file_use SET bytes = bytes - OLD.size
    WHERE (scope = 'person' AND owner = OLD.owner AND year = OLD.year) OR (scope = 'agency' AND owner = '' AND year = 0);
END;

CREATE TRIGGER upload_reserved AFTER INSERT ON upload BEGIN
    INSERT INTO file_use (scope, owner, year, reserved)
    VALUES ('person', NEW.person, NEW.year, NEW.size), ('agency', '', 0, NEW.size)
    ON CONFLICT (scope, owner, year) DO UPDATE SET reserved = reserved + excluded.reserved;
END;

-- A refused upload stays until its sender has seen why, and takes no space.
CREATE TRIGGER upload_refused AFTER UPDATE OF state ON upload WHEN OLD.state <> 'refused' AND NEW.state = 'refused' BEGIN
    UPDATE file_use SET reserved = reserved - OLD.size
    WHERE (scope = 'person' AND owner = OLD.person AND year = OLD.year) OR (scope = 'agency' AND owner = '' AND year = 0);
END;

CREATE TRIGGER upload_released AFTER DELETE ON upload WHEN OLD.state <> 'refused' BEGIN
    UPDATE file_use SET reserved = reserved - OLD.size
    WHERE (scope = 'person' AND owner = OLD.person AND year = OLD.year) OR (scope = 'agency' AND owner = '' AND year = 0);
END;

-- Objects that are to be deleted. A row is written with the transaction that takes the row of the blob or upload away, and
-- goes once the object is gone and its receipt is written: whatever happens between, the next pass finds it. `blob` is the
-- file that the object was of, `store` what it was of it: blob, variant, staging, quarantine. With store `index` it is no
-- object: the search index has to take the feed up to `pos` first, where the erasure of the file's name is.
CREATE TABLE file_deletion (
    id TEXT PRIMARY KEY,
    blob TEXT NOT NULL,
    store TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    pos INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What was deleted for good and where: one receipt for each store that had something of it (the stores of `file_deletion`,
-- and `reference` for the wrapped key of a message). It outlives the blob.
CREATE TABLE file_receipt (
    key INTEGER PRIMARY KEY,
    blob TEXT NOT NULL,
    store TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    room INTEGER REFERENCES room (key),
    n INTEGER,
    CHECK ((store = 'reference') = (room IS NOT NULL AND n IS NOT NULL))
) STRICT;

CREATE INDEX file_receipt_by_blob ON file_receipt (blob);
CREATE INDEX file_receipt_by_message ON file_receipt (room, n) WHERE room IS NOT NULL;

-- Photographs of people's cards: the one that everybody is shown, and the one that waits for a moderator. Each is a blob of
-- kind `portrait`, which this row refers to. `refused` is why a moderator refused or removed the last one, until the next.
CREATE TABLE portrait (
    person TEXT PRIMARY KEY,
    shown TEXT REFERENCES blob (id) ON DELETE SET NULL,
    waiting TEXT REFERENCES blob (id) ON DELETE SET NULL,
    refused TEXT,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX portrait_by_shown ON portrait (shown) WHERE shown IS NOT NULL;
CREATE INDEX portrait_by_waiting ON portrait (waiting) WHERE waiting IS NOT NULL;
CREATE INDEX portrait_to_judge ON portrait (at) WHERE waiting IS NOT NULL;
