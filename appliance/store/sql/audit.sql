-- name: head
SELECT frontier FROM audit_head WHERE one = 1;

-- name: put_head
INSERT INTO audit_head (one, frontier) VALUES (1, :frontier)
ON CONFLICT (one) DO UPDATE SET frontier = excluded.frontier;

-- name: insert
INSERT INTO audit (n, at, actor, action, target, outcome, detail, commitment, salt, leaf)
VALUES (:n, :at, :actor, :action, :target, :outcome, :detail, :commitment, :salt, :leaf);

-- name: page
SELECT n, at, actor, action, target, outcome, detail, commitment, salt, leaf FROM audit
WHERE n >= :start ORDER BY n LIMIT :limit;

-- name: page_before
SELECT n, at, actor, action, target, outcome, detail, commitment, salt, leaf FROM audit
WHERE n < :before ORDER BY n DESC LIMIT :limit;

-- name: page_of_target
SELECT n, at, actor, action, target, outcome, detail, commitment, salt, leaf FROM audit
WHERE target = :target AND n < :before ORDER BY n DESC LIMIT :limit;

-- name: last_of_target
SELECT n, at, actor, action, target, outcome, detail, commitment, salt, leaf FROM audit
WHERE target = :target AND action = :action ORDER BY n DESC LIMIT 1;

-- name: newest_detail
SELECT detail FROM audit WHERE action = :action ORDER BY n DESC LIMIT 1;

-- name: insert_checkpoint
INSERT INTO audit_checkpoint (size, at, note) VALUES (:size, :at, :note) ON CONFLICT (size) DO NOTHING;

-- name: last_checkpoint
SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1;

-- name: list_checkpoints
SELECT size, note FROM audit_checkpoint ORDER BY size;
