-- name: list_all
SELECT id, token_hash, person, epoch, device, address, created, last_used, expires FROM session;

-- name: list_epochs
SELECT id, epoch FROM session;

-- name: list_of
SELECT id, token_hash, person, epoch, device, address, created, last_used, expires FROM session
WHERE person = :person ORDER BY created DESC, id;

-- name: insert
INSERT INTO session (id, token_hash, person, epoch, device, address, created, last_used, expires)
VALUES (:id, :token_hash, :person, :epoch, :device, :address, :created, :last_used, :expires);

-- name: touch
UPDATE session SET last_used = :last_used WHERE id = :id;

-- name: set_epoch
UPDATE session SET epoch = :epoch WHERE id = :id;

-- name: delete
DELETE FROM session WHERE id = :id AND person = :person;

-- name: delete_of
DELETE FROM session WHERE person = :person;

-- name: delete_others
DELETE FROM session WHERE person = :person AND id <> :keep;

-- name: insert_sign_in
INSERT INTO sign_in (person, at, device, address, outcome) VALUES (:person, :at, :device, :address, :outcome);

-- name: sign_ins_of
SELECT at, device, address, outcome FROM sign_in WHERE person = :person ORDER BY n DESC LIMIT :limit;

-- name: recent_sign_ins
SELECT a.user, s.address, s.at, s.outcome FROM sign_in s LEFT JOIN account a ON a.person = s.person
WHERE s.at >= :since ORDER BY s.at DESC LIMIT :limit;
