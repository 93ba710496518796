-- A receipt says which positions were shown, `first` to `upto`, not that everything before was. Rows of one person in one
-- room do not overlap, so the one with the smallest `upto` at or after a message tells whether it was shown, and when.
-- Quick: the default stands for receipts given so far, which spoke of everything up to their position.
ALTER TABLE receipt ADD COLUMN first INTEGER NOT NULL DEFAULT 0;

-- What a member passed over: positions after they came in and below `room_member.read` that were not shown to them.
CREATE TABLE receipt_gap (
    room INTEGER NOT NULL,
    person TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (room, person, first)
) STRICT, WITHOUT ROWID;
