-- name: list_all
SELECT id, parent, code, name_th, name_en, kind, position, valid_from, valid_to, merged_into
FROM unit ORDER BY position, code;

-- name: insert
INSERT INTO unit (id, parent, code, name_th, name_en, kind, position, valid_from, valid_to, merged_into)
VALUES (:id, :parent, :code, :name_th, :name_en, :kind, :position, :valid_from, :valid_to, :merged_into);

-- name: update
UPDATE unit SET parent = :parent, name_th = :name_th, name_en = :name_en, kind = :kind, position = :position,
    valid_from = :valid_from, valid_to = :valid_to, merged_into = :merged_into
WHERE id = :id;

-- name: list_posts
SELECT id, code, unit, title_th, title_en, rank, head, valid_from, valid_to FROM post;

-- name: insert_post
INSERT INTO post (id, code, unit, title_th, title_en, rank, head, valid_from, valid_to)
VALUES (:id, :code, :unit, :title_th, :title_en, :rank, :head, :valid_from, :valid_to);

-- name: update_post
UPDATE post SET unit = :unit, title_th = :title_th, title_en = :title_en, rank = :rank, head = :head WHERE id = :id;

-- name: posts_by_ids
SELECT id, code, unit, title_th, title_en, rank, head, valid_from, valid_to FROM post
WHERE id IN (SELECT value FROM json_each(:ids));
