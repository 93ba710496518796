-- name: put
INSERT INTO directory_shown (person, hour_since, hour_shown, day_since, day_shown)
VALUES (:person, :hour_since, :hour_shown, :day_since, :day_shown)
ON CONFLICT (person) DO UPDATE SET hour_since = excluded.hour_since, hour_shown = excluded.hour_shown,
    day_since = excluded.day_since, day_shown = excluded.day_shown;

-- name: list_since
SELECT person, hour_since, hour_shown, day_since, day_shown FROM directory_shown WHERE day_since >= :since;
