-- The hub's time of an entry (`ht` of its leaf), where it is not the time of writing (`at`, the header's `ts`). Hub time
-- never goes back in a room; when the clock was ahead and is set right, the two differ. NULL: they are the same.
ALTER TABLE entry ADD COLUMN ht INTEGER;
