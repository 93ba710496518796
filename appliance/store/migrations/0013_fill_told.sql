-- What 0012 keeps, for the entries and answers that were there before it. By the rule of `rules/concerns.py`: an audit
-- compares the table with every entry since a room began. A header that is no JSON is left for the audit to name.
INSERT INTO concern (room, person, n)
SELECT e.room, json_extract(card.value, '$.p'), e.n
FROM entry e JOIN room r ON r.key = e.room,
    json_each(CASE WHEN json_valid(CAST(e.header AS TEXT)) THEN CAST(e.header AS TEXT) END, '$.st.members') card
WHERE e.type = 'member.add' AND e.n > 0 AND r.kind <> 'direct' AND json_extract(card.value, '$.p') <> e.sender
ON CONFLICT DO NOTHING;

INSERT INTO concern (room, person, n)
SELECT room, new_owner, n FROM (
    SELECT e.room, e.n, e.sender,
        json_extract(CASE WHEN json_valid(CAST(e.header AS TEXT)) THEN CAST(e.header AS TEXT) END, '$.st.to') AS new_owner
    FROM entry e JOIN room r ON r.key = e.room
    WHERE e.type IN ('owner.transfer', 'owner.reassign') AND e.n > 0 AND r.kind <> 'direct'
)
WHERE new_owner <> sender
ON CONFLICT DO NOTHING;

-- Nobody is told again what was answered before anybody noted what had been seen.
INSERT INTO told (person, room, seen)
SELECT person, '', max(answered) FROM owner_request WHERE answered IS NOT NULL GROUP BY person
ON CONFLICT DO NOTHING;
