-- Whom an entry that is no message concerns: it added them, or made them the owner. It counts as unread like a message.
CREATE TABLE concern (
    room INTEGER NOT NULL,
    person TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (room, person, n)
) STRICT, WITHOUT ROWID;

-- Who was taken off which room, by whom and why, and what the room was called then: the room itself is closed to them.
CREATE TABLE departure (
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    room INTEGER NOT NULL REFERENCES room (key),
    by TEXT NOT NULL,
    name TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (person, at, room)
) STRICT, WITHOUT ROWID;

-- Up to when a person has seen the answers to their requests: of one room, or of all and what they were taken off ('').
CREATE TABLE told (
    person TEXT NOT NULL,
    room TEXT NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (person, room)
) STRICT, WITHOUT ROWID;

CREATE INDEX owner_request_person ON owner_request (person);
CREATE INDEX owner_request_escalated ON owner_request (escalated) WHERE state = 'pending' AND escalated IS NOT NULL;
