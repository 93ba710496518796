-- name: pending_after
SELECT made_at, id FROM blob WHERE scan = 'pending' AND parent IS NULL AND (made_at, id) > (:at, :id)
ORDER BY made_at, id LIMIT :limit;

-- name: insert
INSERT INTO blob (id, kind, parent, page, owner, type, size, root, wrapped_key, scan, scan_due, preparing, width, height, ms,
    made_at)
VALUES (:id, :kind, :parent, :page, :owner, :type, :size, :root, :wrapped_key, :scan, :scan_due, :preparing, :width, :height,
    :ms, :made_at);

-- name: put_said
UPDATE upload SET said = :said WHERE id = :id;

-- name: put_found_out
UPDATE blob SET width = coalesce(:width, width), height = coalesce(:height, height), ms = coalesce(:ms, ms),
    pages = coalesce(:pages, pages), waveform = coalesce(:waveform, waveform)
WHERE id = :id;

-- name: end_preparing
UPDATE blob SET preparing = 0 WHERE id = :id AND preparing = 1;

-- name: put_scan
UPDATE blob SET scan = :scan, found = :found, scanned_at = :at, scan_due = 0 WHERE id = :id AND scan_due > 0;

-- name: put_infected
UPDATE blob SET scan = 'infected', found = :found, scanned_at = :at, scan_due = 0, released = 0, preparing = 1, tries = 0
WHERE id = :id AND scan_due > 0;

-- name: seal_damaged_again
UPDATE blob SET preparing = 1, tries = 0 WHERE damaged_at IS NOT NULL AND scan = 'infected' AND parent IS NULL;

-- name: put_released
UPDATE blob SET scan = 'unscannable', released = 1, preparing = 0 WHERE id = :id AND scan = 'infected' AND preparing = 0;

-- name: all_uploads_of_blob
SELECT id FROM upload WHERE blob = :blob;

-- name: uploads_of_blob
SELECT id, person FROM upload WHERE blob = :blob AND state = 'ready';

-- name: refuse_uploads_of
UPDATE upload SET state = 'refused', refused = :code WHERE blob = :blob AND state = 'ready';

-- name: ids_by_scan
SELECT id FROM blob WHERE id > :after AND parent IS NULL AND scan = :scan ORDER BY id LIMIT :limit;

-- name: scan_again
UPDATE blob SET scan_due = 2, scan_tries = 0 WHERE id = :id AND scan_due = 0 AND released = 0;

-- name: list_infected
SELECT id, owner, size, found, scanned_at, damaged_at IS NULL AND preparing = 0 FROM blob WHERE scan = 'infected' AND parent IS NULL ORDER BY made_at;

-- name: count_by_scan
SELECT count(*) FROM blob WHERE scan = :scan AND parent IS NULL AND released = :released;
