-- The idempotency key with which an entry was sent, for its sender alone: the feed gives it back with the entry, so that a
-- device finds its own message in the log whether or not it has had the answer. Entries of before have none.
ALTER TABLE entry ADD COLUMN txn_id TEXT;
