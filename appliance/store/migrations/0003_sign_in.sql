-- Failures of one account from one network that follow each other within an hour are one line of the history: `tries` of
-- them, the first at `at`, the newest at `until`. `apart` marks a sign-in while another session was in use far away
-- (F91), `disowned` is when the owner said that it was not them (F76).
ALTER TABLE sign_in ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_in ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sign_in ADD COLUMN tries INTEGER NOT NULL DEFAULT 1;
ALTER TABLE sign_in ADD COLUMN apart INTEGER NOT NULL DEFAULT 0 CHECK (apart IN (0, 1));
ALTER TABLE sign_in ADD COLUMN disowned INTEGER;
UPDATE sign_in SET until = at, network = address;
CREATE INDEX sign_in_by_network ON sign_in (person, network, n);
DROP INDEX sign_in_by_time;
CREATE INDEX sign_in_by_time ON sign_in (until);

-- The networks an account has signed in from, where it has a count of failures of its own (F74).
CREATE TABLE known_network (
    person TEXT NOT NULL REFERENCES person (id),
    network TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (person, network)
) STRICT, WITHOUT ROWID;

-- How many people of the directory a person was shown since the beginning of their hour and their day (F86).
CREATE TABLE directory_shown (
    person TEXT PRIMARY KEY REFERENCES person (id),
    hour_since INTEGER NOT NULL,
    hour_shown INTEGER NOT NULL,
    day_since INTEGER NOT NULL,
    day_shown INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
