-- name: get
SELECT pos, mark FROM follower WHERE name = :name;

-- name: put
INSERT INTO follower (name, pos, mark) VALUES (:name, :pos, :mark)
ON CONFLICT (name) DO UPDATE SET pos = excluded.pos, mark = excluded.mark;
