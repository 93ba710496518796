-- A destroyed key leaves its row empty for good: what it sealed stays gone. People write on in the same week under the
-- next generation. Rebuilt, since SQLite changes no UNIQUE in place; some seconds for a million keys.
CREATE TABLE epoch_key_of_generations (
    key INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES room (key),
    week TEXT NOT NULL,
    kind TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0,
    wrapped BLOB,
    UNIQUE (room, week, kind, generation)
) STRICT;
INSERT INTO epoch_key_of_generations (key, room, week, kind, wrapped) SELECT key, room, week, kind, wrapped FROM epoch_key;
DROP TABLE epoch_key;
ALTER TABLE epoch_key_of_generations RENAME TO epoch_key;
