-- name: insert
INSERT INTO removal_request (id, room, person, reason, state, asked) VALUES (?, ?, ?, ?, ?, ?);

-- name: by_id
SELECT q.id, r.id, q.person, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM removal_request q JOIN room r ON r.key = q.room WHERE q.id = ?;

-- name: last_of
SELECT q.id, r.id, q.person, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM removal_request q JOIN room r ON r.key = q.room
WHERE q.room = ? AND q.person = ? ORDER BY q.asked DESC, q.rowid DESC LIMIT 1;

-- name: in_room
SELECT q.id, r.id, q.person, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM removal_request q JOIN room r ON r.key = q.room WHERE q.room = ? ORDER BY q.asked DESC, q.rowid DESC;

-- name: pending_before
SELECT q.id, r.id, q.person, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM removal_request q JOIN room r ON r.key = q.room WHERE q.state = 'pending' AND q.asked <= ? ORDER BY q.asked;

-- name: answer
UPDATE removal_request SET state = ?, answered = ?, answered_by = ?, note = ? WHERE id = ? AND state = 'pending';

-- name: escalate
UPDATE removal_request SET escalated = ? WHERE id = ? AND state = 'pending' AND escalated IS NULL;
