-- name: oldest_upload
SELECT id, person FROM upload WHERE state = 'preparing' AND person > :after
    AND person NOT IN (SELECT value FROM json_each(:people)) AND id NOT IN (SELECT value FROM json_each(:taken))
ORDER BY person, made_at LIMIT 1;

-- name: smallest_upload
SELECT id, person FROM upload WHERE state = 'preparing' AND person > :after
    AND person NOT IN (SELECT value FROM json_each(:people)) AND id NOT IN (SELECT value FROM json_each(:taken))
ORDER BY person, size LIMIT 1;

-- name: oldest_to_prepare
SELECT id, owner FROM blob WHERE preparing = 1 AND owner > :after
    AND owner NOT IN (SELECT value FROM json_each(:people)) AND id NOT IN (SELECT value FROM json_each(:taken))
ORDER BY owner, made_at LIMIT 1;

-- name: smallest_to_prepare
SELECT id, owner FROM blob WHERE preparing = 1 AND owner > :after
    AND owner NOT IN (SELECT value FROM json_each(:people)) AND id NOT IN (SELECT value FROM json_each(:taken))
ORDER BY owner, size LIMIT 1;

-- name: oldest_to_scan
SELECT id, owner FROM blob WHERE scan_due = :due AND scan_due > 0 AND owner > :after
    AND owner NOT IN (SELECT value FROM json_each(:people)) AND id NOT IN (SELECT value FROM json_each(:taken))
ORDER BY owner, made_at LIMIT 1;

-- name: smallest_to_scan
SELECT id, owner FROM blob WHERE scan_due = :due AND scan_due > 0 AND owner > :after
    AND owner NOT IN (SELECT value FROM json_each(:people)) AND id NOT IN (SELECT value FROM json_each(:taken))
ORDER BY owner, size LIMIT 1;

-- name: begin_upload
UPDATE upload SET tries = tries + 1 WHERE id = :id AND state = 'preparing' RETURNING tries;

-- name: forgive_upload
UPDATE upload SET tries = tries - 1 WHERE id = :id AND state = 'preparing' AND tries > 0;

-- name: interrupted_upload
SELECT id FROM upload WHERE state = 'preparing' AND tries > 0 ORDER BY tries DESC, id;

-- name: begin_preparing
UPDATE blob SET tries = tries + 1 WHERE id = :id AND preparing = 1 RETURNING tries;

-- name: forgive_preparing
UPDATE blob SET tries = tries - 1 WHERE id = :id AND preparing = 1 AND tries > 0;

-- name: interrupted_preparing
SELECT id FROM blob WHERE preparing = 1 AND tries > 0 ORDER BY tries DESC, id;

-- name: begin_scan
UPDATE blob SET scan_tries = scan_tries + 1 WHERE id = :id AND scan_due > 0 RETURNING scan_tries;

-- name: forgive_scan
UPDATE blob SET scan_tries = scan_tries - 1 WHERE id = :id AND scan_due > 0 AND scan_tries > 0;

-- name: interrupted_scan
SELECT id FROM blob WHERE scan_due > 0 AND scan_tries > 0 ORDER BY scan_tries DESC, id;
