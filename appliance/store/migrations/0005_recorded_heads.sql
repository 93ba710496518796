-- The newest recorded head of every room: its size and root when heads were last put into the audit log. The audit
-- record has one root over all of them; a room rewritten since contradicts its line here.
CREATE TABLE recorded_head (
    room TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root BLOB NOT NULL
) STRICT, WITHOUT ROWID;
