-- name: get
SELECT person, shown, waiting, refused, at FROM portrait WHERE person = :person;

-- name: put
INSERT INTO portrait (person, shown, waiting, refused, at) VALUES (:person, :shown, :waiting, :refused, :at)
ON CONFLICT (person) DO UPDATE SET
    shown = excluded.shown, waiting = excluded.waiting, refused = excluded.refused, at = excluded.at;

-- name: delete
DELETE FROM portrait WHERE person = :person;

-- name: shown_of
SELECT person, shown FROM portrait WHERE shown IS NOT NULL AND person IN (SELECT value FROM json_each(:ids));

-- name: list_waiting
SELECT person, shown, waiting, refused, at FROM portrait WHERE waiting IS NOT NULL ORDER BY at, person;

-- name: people
SELECT person FROM portrait;
