-- name: list_versions
SELECT version, effective FROM terms ORDER BY version;

-- name: get
SELECT version, title_th, title_en, text_th, text_en, effective FROM terms WHERE version = :version;

-- name: insert
INSERT INTO terms (version, title_th, title_en, text_th, text_en, effective, published, published_by)
VALUES (:version, :title_th, :title_en, :text_th, :text_en, :effective, :now, :published_by);

-- name: accept
INSERT INTO terms_acceptance (person, version, at, session) VALUES (:person, :version, :now, :session)
ON CONFLICT (person, version) DO NOTHING;

-- name: accepted_at
SELECT at FROM terms_acceptance WHERE person = :person AND version = :version;

-- name: list_acceptances
SELECT a.version, p.staff_no, a.person, a.at, a.session FROM terms_acceptance a JOIN person p ON p.id = a.person
ORDER BY a.person, a.version;
