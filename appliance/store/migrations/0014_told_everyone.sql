-- A new name and the end of a room concern everyone in it but who did it: one row for each entry, person '*', as in
-- `mention`. By the rule of `rules/concerns.py`, for the entries that are there already.
INSERT INTO concern (room, person, n)
SELECT e.room, '*', e.n FROM entry e JOIN room r ON r.key = e.room
WHERE e.type IN ('room.rename', 'room.close', 'sys.close') AND r.kind <> 'direct'
ON CONFLICT DO NOTHING;
