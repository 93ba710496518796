-- Two people may have a private chat of each kind side by side: what names the room is its kind and the two. In the one
-- column, since SQLite changes no UNIQUE in place, and a table that others refer to is not made anew.
UPDATE room SET pair = kind || ' ' || pair WHERE pair IS NOT NULL;
