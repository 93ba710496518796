-- name: insert
INSERT INTO owner_request (id, kind, room, person, people, reason, state, asked)
VALUES (:id, :kind, :room, :person, :people, :reason, :state, :asked);

-- name: by_id
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room WHERE q.id = :request;

-- name: of_person
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room WHERE q.room = :room AND q.kind = :kind AND q.person = :person;

-- name: in_room
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room
WHERE q.room = :room AND q.kind = :kind AND (q.asked, q.rowid) < (:asked, :row) AND (
    (:sees_own AND q.person = :person)
    OR (:owns AND (q.state = 'pending' OR (q.state <> 'withdrawn' AND q.answered >= :since)))
    OR (:administers AND q.state = 'pending' AND q.escalated IS NOT NULL))
ORDER BY q.asked DESC, q.rowid DESC LIMIT :limit;

-- name: position_of
SELECT asked, rowid FROM owner_request WHERE room = :room AND kind = :kind AND id = :request;

-- name: concerning
WITH concerned (id) AS (
    SELECT q.id FROM owner_request q
    WHERE q.person = :person AND (q.state = 'pending' OR q.answered >= :since) AND (q.kind = 'removal'
        OR EXISTS (SELECT 1 FROM room_member m WHERE m.room = q.room AND m.person = q.person))
    UNION
    SELECT q.id FROM room_member m JOIN owner_request q ON q.room = m.room
    WHERE m.person = :person AND m.role = 'owner'
        AND (q.state = 'pending' OR (q.state <> 'withdrawn' AND q.answered >= :since))
    UNION
    SELECT value FROM json_each(:escalated)
)
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM concerned JOIN owner_request q ON q.id = concerned.id JOIN room r ON r.key = q.room
WHERE (CASE q.state WHEN 'pending' THEN 1 + (q.person <> :person) ELSE 3 * (q.person <> :person) END,
    CASE q.state WHEN 'pending' THEN q.asked ELSE -q.answered END, q.id) > (:over, :time, :id)
ORDER BY CASE q.state WHEN 'pending' THEN 1 + (q.person <> :person) ELSE 3 * (q.person <> :person) END,
    CASE q.state WHEN 'pending' THEN q.asked ELSE -q.answered END, q.id LIMIT :limit;

-- name: count_waiting
SELECT count(*) FROM owner_request q WHERE q.state = 'pending' AND q.person <> :person AND q.id IN (
    SELECT o.id FROM room_member m JOIN owner_request o ON o.room = m.room WHERE m.person = :person AND m.role = 'owner'
    UNION SELECT value FROM json_each(:escalated));

-- name: count_answers
SELECT count(*) FROM owner_request q JOIN room r ON r.key = q.room
WHERE q.person = :person AND q.state <> 'pending' AND q.answered >= :since AND q.answered_by <> :person
    AND (q.kind = 'removal' OR EXISTS (SELECT 1 FROM room_member m WHERE m.room = q.room AND m.person = q.person))
    AND NOT EXISTS (SELECT 1 FROM told t WHERE t.person = :person AND t.room IN ('', r.id) AND t.seen >= q.answered);

-- name: escalated
SELECT q.id, r.owner FROM owner_request q JOIN room r ON r.key = q.room
WHERE q.state = 'pending' AND q.escalated IS NOT NULL;

-- name: departures
SELECT r.id, d.name, d.at, d.by, d.why, d.reason,
    EXISTS (SELECT 1 FROM owner_request q WHERE q.room = d.room AND q.kind = 'removal' AND q.person = d.person
        AND q.state = 'granted' AND d.at BETWEEN q.asked AND q.answered)
FROM departure d JOIN room r ON r.key = d.room
WHERE d.person = :person AND d.at >= :since ORDER BY d.at DESC LIMIT :limit;

-- name: delete_departures
DELETE FROM departure WHERE (person, room) IN (SELECT person, room FROM departure WHERE at < :before ORDER BY at LIMIT :limit);

-- name: seen
SELECT room, seen FROM told WHERE person = :person;

-- name: put_seen
INSERT INTO told (person, room, seen) VALUES (:person, :room, :upto) ON CONFLICT (person, room) DO UPDATE SET seen = excluded.seen
WHERE excluded.seen > seen;

-- name: pending_in
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room WHERE q.room = :room AND q.state = 'pending' ORDER BY q.asked, q.rowid;

-- name: pending_before
SELECT q.id, q.kind, r.id, q.person, q.people, q.reason, q.state, q.asked, q.answered, q.answered_by, q.note, q.escalated
FROM owner_request q JOIN room r ON r.key = q.room
WHERE q.state = 'pending' AND q.kind = :kind AND q.asked <= :asked ORDER BY q.asked;

-- name: answer
UPDATE owner_request SET state = :outcome, answered = :at, answered_by = :by, note = :note WHERE id = :request AND state = 'pending';

-- name: escalate
UPDATE owner_request SET escalated = :at WHERE id = :request AND state = 'pending' AND escalated IS NULL;
