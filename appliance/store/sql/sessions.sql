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

-- name: keep_end
INSERT OR REPLACE INTO ended_session (token_hash, why, at)
SELECT token_hash, :why, :now FROM session WHERE id = :id AND person = :person;

-- name: keep_ends
INSERT OR REPLACE INTO ended_session (token_hash, why, at)
SELECT token_hash, :why, :now FROM session WHERE person = :person AND id <> :keep;

-- name: find_end
SELECT why FROM ended_session WHERE token_hash = :token_hash;

-- name: is_kept
SELECT 1 FROM session s JOIN account a ON a.person = s.person
WHERE s.token_hash = :token_hash AND s.epoch = a.epoch AND a.state = 'active';

-- name: stands
SELECT 1 FROM session s JOIN account a ON a.person = s.person WHERE s.id = :id AND s.epoch = a.epoch;

-- name: delete_ends
DELETE FROM ended_session WHERE at < :before;

-- name: delete_others
DELETE FROM session WHERE person = :person AND id <> :keep;

-- name: insert_sign_in
INSERT INTO sign_in (person, at, until, device, address, network, outcome, apart)
VALUES (:person, :at, :at, :device, :address, :network, :outcome, :apart);

-- name: newest_of_network
SELECT n, at, outcome FROM sign_in WHERE person IS :person AND network = :network ORDER BY n DESC LIMIT 1;

-- name: repeat_sign_in
UPDATE sign_in SET until = :until, device = :device, address = :address, tries = tries + 1 WHERE n = :n;

-- name: sign_ins_of
SELECT n, at, until, tries, device, address, outcome, apart, disowned FROM sign_in
WHERE person = :person ORDER BY n DESC LIMIT :limit;

-- name: sign_in_of
SELECT n, at, until, tries, device, address, outcome, apart, disowned FROM sign_in WHERE n = :n AND person = :person;

-- name: disown_sign_in
UPDATE sign_in SET disowned = :now WHERE n = :n AND person = :person AND disowned IS NULL;

-- name: recent_failures
SELECT a.user, s.address, s.until, s.outcome, s.tries FROM sign_in s LEFT JOIN account a ON a.person = s.person
WHERE s.until >= :since AND s.outcome IN ('failed', 'second_factor_failed') AND NOT EXISTS (
    SELECT 1 FROM sign_in later WHERE later.person = s.person AND later.network = s.network AND later.n > s.n
    AND later.outcome = 'signed_in')
ORDER BY s.until DESC, s.n DESC LIMIT :limit;

-- name: delete_sign_ins
DELETE FROM sign_in WHERE n IN (SELECT n FROM sign_in WHERE until < :before ORDER BY until LIMIT :limit);

-- name: put_known_network
INSERT INTO known_network (person, network, last) VALUES (:person, :network, :now)
ON CONFLICT (person, network) DO UPDATE SET last = excluded.last;

-- name: delete_older_networks
DELETE FROM known_network WHERE person = :person AND network NOT IN
    (SELECT network FROM known_network WHERE person = :person ORDER BY last DESC LIMIT :most);

-- name: delete_known_network
DELETE FROM known_network WHERE person = :person AND network = :network;

-- name: list_known_networks
SELECT a.user, k.network, k.last FROM known_network k JOIN account a ON a.person = k.person;
