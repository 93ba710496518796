-- name: get
SELECT id, kind, parent, page, owner, type, size, root, refs, wrapped_key, scan, scanned_at, found, released, preparing,
    width, height, ms, pages, waveform, made_at, damaged_at
FROM blob WHERE id = :id;

-- name: variants_of
SELECT id, kind, parent, page, owner, type, size, root, refs, wrapped_key, scan, scanned_at, found, released, preparing,
    width, height, ms, pages, waveform, made_at, damaged_at
FROM blob WHERE parent = :parent ORDER BY kind, page;
