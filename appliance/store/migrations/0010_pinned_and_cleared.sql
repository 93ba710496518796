-- Rooms that a person keeps at the top of their list, and when they cleared one from their screen. Quick.
ALTER TABLE room_view ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room_view ADD COLUMN cleared_at INTEGER;
