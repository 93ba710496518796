-- name: insert
INSERT INTO owner_request (id, kind, room, person, people, reason, state, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: by_id
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room WHERE q.id = ?;

-- name: of_person
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room WHERE q.room = ? AND q.kind = ? AND q.person = ?;

-- name: in_room
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room WHERE q.room = ? AND q.kind = ? ORDER BY q.asked DESC, q.rowid DESC;

-- name: pending_in
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room WHERE q.room = ? AND q.state = 'pending' ORDER BY q.asked, q.rowid;

-- name: pending_before
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room
WHERE q.state = 'pending' AND q.kind = ? AND q.asked <= ? ORDER BY q.asked;

-- name: answer
UPDATE owner_request SET state = ?, answered = ?, answered_by = ?, note = ? WHERE id = ? AND state = 'pending';

-- name: escalate
UPDATE owner_request SET escalated = ? WHERE id = ? AND state = 'pending' AND escalated IS NULL;
