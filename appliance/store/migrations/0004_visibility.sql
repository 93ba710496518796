-- A field of a profile may be hidden from everybody but its owner and the agency's administrators, and telephone numbers
-- are, unless the directory says otherwise (F13). SQLite changes a CHECK only with its column, so each column is made anew.

ALTER TABLE person RENAME COLUMN email_visibility TO email_before;
ALTER TABLE person RENAME COLUMN phone_visibility TO phone_before;
ALTER TABLE person RENAME COLUMN mobile_visibility TO mobile_before;

ALTER TABLE person ADD COLUMN email_visibility TEXT NOT NULL DEFAULT 'agency'
    CHECK (email_visibility IN ('nobody', 'own_unit', 'agency', 'cross_agency'));
ALTER TABLE person ADD COLUMN phone_visibility TEXT NOT NULL DEFAULT 'nobody'
    CHECK (phone_visibility IN ('nobody', 'own_unit', 'agency', 'cross_agency'));
ALTER TABLE person ADD COLUMN mobile_visibility TEXT NOT NULL DEFAULT 'nobody'
    CHECK (mobile_visibility IN ('nobody', 'own_unit', 'agency', 'cross_agency'));

UPDATE person SET
    email_visibility = email_before,
    phone_visibility = phone_before,
    mobile_visibility = mobile_before;

ALTER TABLE person DROP COLUMN email_before;
ALTER TABLE person DROP COLUMN phone_before;
ALTER TABLE person DROP COLUMN mobile_before;
