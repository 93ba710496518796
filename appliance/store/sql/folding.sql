-- name: load
SELECT place, sender, txn_id FROM unfolded_at ORDER BY place;

-- name: add
INSERT INTO unfolded_at (place, pos, type, sender, txn_id)
SELECT place, pos, type, sender, txn_id FROM log WHERE pos BETWEEN :first AND :last;

-- name: fold_places
INSERT INTO entry_at (place, pos, type, sender)
SELECT place, pos, type, sender FROM unfolded_at WHERE place IN (SELECT value FROM json_each(:places)) ORDER BY place;

-- name: fold_txns
INSERT INTO txn (room, sender, txn_id, n)
SELECT place >> 32, sender, txn_id, place & 4294967295 FROM unfolded_at
WHERE place IN (SELECT value FROM json_each(:places)) AND txn_id IS NOT NULL ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING;

-- name: remove
DELETE FROM unfolded_at WHERE place IN (SELECT value FROM json_each(:places));
