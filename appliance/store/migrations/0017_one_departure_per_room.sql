-- Of each room a person has at most one departure, the last, and none while they are a member.
CREATE TABLE last_departure (
    person TEXT NOT NULL,
    room INTEGER NOT NULL REFERENCES room (key),
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    name TEXT NOT NULL,
    why TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (person, room)
) STRICT, WITHOUT ROWID;

INSERT OR REPLACE INTO last_departure (person, room, at, by, name, why, reason)
SELECT person, room, at, by, name, why, reason FROM departure d
WHERE NOT EXISTS (SELECT 1 FROM room_member m WHERE m.room = d.room AND m.person = d.person) ORDER BY at;

DROP TABLE departure;
ALTER TABLE last_departure RENAME TO departure;
-- They are deleted after a while.
CREATE INDEX departure_at ON departure (at);
