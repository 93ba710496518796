-- name: list_all
SELECT id, staff_no, title, given_name, family_name, title_en, given_name_en, family_name_en, email, phone, mobile,
    birth_date, email_visibility, phone_visibility, mobile_visibility, listing, status, active, sort_key
FROM person ORDER BY sort_key, id;

-- name: list_by_ids
SELECT id, staff_no, title, given_name, family_name, title_en, given_name_en, family_name_en, email, phone, mobile,
    birth_date, email_visibility, phone_visibility, mobile_visibility, listing, status, active
FROM person WHERE id IN (SELECT value FROM json_each(:ids));

-- name: insert
INSERT INTO person (id, staff_no, title, given_name, family_name, title_en, given_name_en, family_name_en, email, phone,
    mobile, birth_date, email_visibility, phone_visibility, mobile_visibility, listing, active, sort_key, created)
VALUES (:id, :staff_no, :title, :given_name, :family_name, :title_en, :given_name_en, :family_name_en, :email, :phone,
    :mobile, :birth_date, :email_visibility, :phone_visibility, :mobile_visibility, :listing, 1, :sort_key, :now);

-- name: update
UPDATE person SET title = :title, given_name = :given_name, family_name = :family_name, title_en = :title_en,
    given_name_en = :given_name_en, family_name_en = :family_name_en, email = :email, phone = :phone, mobile = :mobile,
    birth_date = :birth_date, email_visibility = :email_visibility, phone_visibility = :phone_visibility,
    mobile_visibility = :mobile_visibility, listing = :listing, active = 1, sort_key = :sort_key, deactivated = NULL
WHERE id = :id;

-- name: deactivate
UPDATE person SET active = 0, deactivated = :now WHERE id = :id AND active = 1;

-- name: set_status
UPDATE person SET status = :status WHERE id = :id AND status <> :status;

-- name: list_holdings
SELECT person, post, held_from, held_to, acting, main FROM post_holding;

-- name: holdings_by_people
SELECT person, post, held_from, held_to, acting, main FROM post_holding
WHERE person IN (SELECT value FROM json_each(:ids)) ORDER BY person, main DESC, acting, held_from;

-- name: put_holding
INSERT INTO post_holding (person, post, held_from, held_to, acting, main)
VALUES (:person, :post, :held_from, :held_to, :acting, :main)
ON CONFLICT (person, post, held_from) DO UPDATE SET held_to = excluded.held_to, acting = excluded.acting,
    main = excluded.main;

-- name: delete_holding
DELETE FROM post_holding WHERE person = :person AND post = :post AND held_from = :held_from;

-- name: insert_import
INSERT INTO import_run (id, at, actor, files_sha256, changes, deactivated, approved)
VALUES (:id, :at, :actor, :files_sha256, :changes, :deactivated, :approved);
