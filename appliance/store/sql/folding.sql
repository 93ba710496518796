-- name: ranges
SELECT first, last FROM unfolded ORDER BY first;

-- name: keys
SELECT l.place >> 32, l.sender, l.txn_id, l.pos
FROM unfolded CROSS JOIN log l ON l.pos BETWEEN unfolded.first AND unfolded.last WHERE l.txn_id IS NOT NULL;

-- name: count_from
SELECT count(*) FROM log WHERE pos >= :first;

-- name: fold_places
INSERT INTO entry_at (place, pos, type, sender)
SELECT place, pos, type, sender FROM log WHERE pos BETWEEN :first AND :last ORDER BY place
ON CONFLICT DO NOTHING;

-- name: fold_txns
INSERT INTO txn (room, sender, txn_id, n)
SELECT place >> 32, sender, txn_id, place & 4294967295 FROM log
WHERE pos BETWEEN :first AND :last AND txn_id IS NOT NULL ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING;

-- name: advance
UPDATE unfolded SET first = max(first, :first) WHERE last = 9223372036854775807;

-- name: begin
INSERT INTO unfolded (first, last) VALUES (:first, 9223372036854775807);

-- name: end
DELETE FROM unfolded WHERE last = 9223372036854775807;

-- name: leave
INSERT INTO unfolded (first, last) SELECT pos, pos FROM log WHERE pos = :pos AND sender IS NOT NULL;

-- name: release
DELETE FROM unfolded WHERE first = :pos AND last = :pos;
