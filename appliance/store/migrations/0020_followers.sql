-- Followers of the feed that keep their cursor here: how far each is, and what names the history up to there.
CREATE TABLE follower (
    name TEXT PRIMARY KEY,
    pos INTEGER NOT NULL,
    history_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
