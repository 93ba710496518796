-- Why a session ended, for whoever still holds its token: a device says it to its owner (F76). By the token's keyed hash
-- alone; deleted when no session of that time could still be alive.
CREATE TABLE ended_session (
    token_hash BLOB PRIMARY KEY,
    why TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_session_by_time ON ended_session (at);

-- Codes for who has lost the second factor, as keyed hashes; each is good once (F74).
CREATE TABLE recovery_code (
    person TEXT NOT NULL REFERENCES person (id),
    hash BLOB NOT NULL,
    used INTEGER,
    PRIMARY KEY (person, hash)
) STRICT, WITHOUT ROWID;
