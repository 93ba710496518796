-- name: insert
INSERT INTO outbox (room, id, sender, txn_id, type, at, state, commitment, length, epoch, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: take_out
DELETE FROM outbox WHERE id = ?;

-- name: find_txn
SELECT o.id, o.at, r.hub FROM outbox o JOIN room r ON r.key = o.room WHERE r.id = :room AND o.sender = :sender AND o.txn_id = :txn_id;

-- name: take_refused
DELETE FROM outbox WHERE phase = 'refused'
RETURNING (SELECT r.id FROM room r WHERE r.key = outbox.room), sender, txn_id, reason;

-- name: of_ids
SELECT id, txn_id FROM outbox WHERE id IN (SELECT value FROM json_each(:ids));

-- name: of_phase
SELECT id, sender, txn_id, type, at, state, commitment, length, epoch, sealed, header, seal, n, reason FROM outbox
WHERE room = :room AND phase = :phase ORDER BY key LIMIT :limit;

-- name: count_numbered
SELECT count(*) FROM outbox WHERE room = :room AND phase IN ('sealed', 'accepted');

-- name: put_sealed
UPDATE outbox SET phase = 'sealed', header = :header, seal = :seal WHERE id = :id AND phase = 'pending';

-- name: put_accepted
UPDATE outbox SET phase = 'accepted', n = :n WHERE id = :id AND room = :room;

-- name: put_submitted
UPDATE outbox SET phase = 'sealed', n = NULL WHERE phase = 'accepted' AND (SELECT r.hub FROM room r WHERE r.key = outbox.room) = :hub;

-- name: put_refused
UPDATE outbox SET phase = 'refused', reason = :reason, header = NULL, seal = NULL WHERE id = :id AND room = :room;

-- name: put_pending
UPDATE outbox SET phase = 'pending', header = NULL, seal = NULL WHERE room = :room AND phase = 'sealed';

-- name: rooms
SELECT r.id, r.hub FROM (SELECT DISTINCT room FROM outbox WHERE phase IN ('pending', 'sealed')) o CROSS JOIN room r ON r.key = o.room;
