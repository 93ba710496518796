-- name: list_cards
SELECT a.person, a.user, a.state, a.suspended_until, a.must_change, a.epoch, a.totp_secret IS NOT NULL,
    coalesce((SELECT max(t.version) FROM terms_acceptance t WHERE t.person = a.person), 0)
FROM account a;

-- name: card
SELECT a.person, a.user, a.state, a.suspended_until, a.must_change, a.epoch, a.totp_secret IS NOT NULL,
    coalesce((SELECT max(t.version) FROM terms_acceptance t WHERE t.person = a.person), 0)
FROM account a WHERE a.person = :person;

-- name: person_of_user
SELECT person FROM account WHERE user = :user;

-- name: insert
INSERT INTO account (person, user, state, created) VALUES (:person, :user, 'active', :now);

-- name: set_state
UPDATE account SET state = :state, suspended_until = :until WHERE person = :person;

-- name: bump_epoch
UPDATE account SET epoch = epoch + 1 WHERE person = :person;

-- name: count_costs
SELECT substr(password_hash, 1, 14 + instr(substr(password_hash, 16), '$')), count(*) FROM account
WHERE password_hash LIKE '$argon2id$v=19$%' GROUP BY 1;

-- name: credentials_of_user
SELECT person, password_hash, password_expires, code_by, code_at, epoch FROM account WHERE user = :user;

-- name: credentials
SELECT person, password_hash, password_expires, code_by, code_at, epoch FROM account WHERE person = :person;

-- name: set_password
UPDATE account SET password_hash = :hash, password_set = :now, password_expires = :expires, must_change = :must_change
WHERE person = :person;

-- name: set_code_giver
UPDATE account SET code_by = :by, code_at = :at WHERE person = :person;

-- name: require_change
UPDATE account SET must_change = 1 WHERE person = :person;

-- name: rehash
UPDATE account SET password_hash = :hash WHERE person = :person AND password_hash = :old;

-- name: totp
SELECT totp_secret, totp_pending FROM account WHERE person = :person;

-- name: list_totp
SELECT person, totp_secret, totp_pending FROM account WHERE totp_secret IS NOT NULL OR totp_pending IS NOT NULL;

-- name: reseal_totp
UPDATE account SET totp_secret = :secret, totp_pending = :pending WHERE person = :person;

-- name: set_totp_pending
UPDATE account SET totp_pending = :pending WHERE person = :person;

-- name: confirm_totp
UPDATE account SET totp_secret = totp_pending, totp_pending = NULL, totp_step = :step
WHERE person = :person AND totp_pending = :pending;

-- name: remove_totp
UPDATE account SET totp_secret = NULL, totp_pending = NULL, totp_step = NULL WHERE person = :person;

-- name: use_totp_step
UPDATE account SET totp_step = :step
WHERE person = :person AND totp_secret IS NOT NULL AND (totp_step IS NULL OR totp_step < :step);

-- name: remove_credentials
UPDATE account SET password_hash = NULL, password_set = NULL, password_expires = NULL, must_change = 0,
    totp_secret = NULL, totp_pending = NULL, totp_step = NULL
WHERE person = :person;

-- name: delete_recovery_codes
DELETE FROM recovery_code WHERE person = :person;

-- name: insert_recovery_code
INSERT INTO recovery_code (person, hash) VALUES (:person, :hash);

-- name: use_recovery_code
UPDATE recovery_code SET used = :now WHERE person = :person AND hash = :hash AND used IS NULL;

-- name: recovery_codes_left
SELECT count(*) FROM recovery_code WHERE person = :person AND used IS NULL;

-- name: list_roles
SELECT person, role, unit FROM role ORDER BY person, role, unit;

-- name: roles_of
SELECT person, role, unit FROM role WHERE person = :person ORDER BY role, unit;

-- name: add_role
INSERT INTO role (person, role, unit, granted_by, granted) VALUES (:person, :role, :unit, :granted_by, :now)
ON CONFLICT DO NOTHING;

-- name: remove_role
DELETE FROM role WHERE person = :person AND role = :role AND coalesce(unit, '') = coalesce(:unit, '');

-- name: remove_roles
DELETE FROM role WHERE person = :person;

-- name: insert_passkey
INSERT INTO passkey (id, credential, person, name, public_key, sign_count, created)
VALUES (:id, :credential, :person, :name, :public_key, :sign_count, :created)
ON CONFLICT (credential) DO NOTHING;

-- name: passkeys_of
SELECT id, credential, person, name, public_key, sign_count, created FROM passkey
WHERE person = :person ORDER BY created, id;

-- name: use_passkey
UPDATE passkey SET sign_count = :sign_count
WHERE id = :id AND (sign_count < :sign_count OR (sign_count = 0 AND :sign_count = 0));

-- name: delete_passkey
DELETE FROM passkey WHERE person = :person AND id = :id;

-- name: delete_passkeys
DELETE FROM passkey WHERE person = :person;
