-- The only follower of the feed, search, has its cursor in its index: nothing was ever kept here. An empty table goes at once.
DROP TABLE follower;
