-- name: get
SELECT pos, history_id FROM follower WHERE name = :name;

-- name: put
INSERT INTO follower (name, pos, history_id) VALUES (:name, :pos, :history_id)
ON CONFLICT (name) DO UPDATE SET pos = excluded.pos, history_id = excluded.history_id;
