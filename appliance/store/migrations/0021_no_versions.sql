-- The counters by which processes noticed each other's changes: there is one writer now.
DROP TABLE version;
