-- Who works where, who may sign in, and what was done about it (F14, F17, F74 to F80, F93, F95).
-- Times are milliseconds UTC; `valid_to`, `until` and the like are exclusive, NULL where no end is known.

-- A unit keeps its id for ever: it is renamed in place, and merged by pointing at the unit that took it over.
CREATE TABLE unit (
    id TEXT PRIMARY KEY,
    parent TEXT REFERENCES unit (id),
    code TEXT NOT NULL UNIQUE,
    name_th TEXT NOT NULL,
    name_en TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('ministry', 'department', 'bureau', 'division', 'section')),
    position INTEGER NOT NULL DEFAULT 0,
    valid_from INTEGER NOT NULL,
    valid_to INTEGER,
    merged_into TEXT REFERENCES unit (id),
    CHECK (parent IS NULL OR parent <> id)
) STRICT;
CREATE INDEX unit_by_parent ON unit (parent);

-- A post outlives its holders; `rank` is a code of the ladder (rules/data/ranks.json), unknown where NULL.
CREATE TABLE post (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    unit TEXT NOT NULL REFERENCES unit (id),
    title_th TEXT NOT NULL,
    title_en TEXT,
    rank TEXT,
    head INTEGER NOT NULL DEFAULT 0 CHECK (head IN (0, 1)),
    valid_from INTEGER NOT NULL,
    valid_to INTEGER
) STRICT;
CREATE INDEX post_by_unit ON post (unit);

-- `sort_key` orders names as Thai collation does (rules/collation.py); `status` is the only field of the person's own.
-- `listing` says who finds the person at all; the other visibilities say who sees that field.
CREATE TABLE person (
    id TEXT PRIMARY KEY,
    staff_no TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL DEFAULT '',
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    title_en TEXT,
    given_name_en TEXT,
    family_name_en TEXT,
    email TEXT,
    phone TEXT,
    mobile TEXT,
    birth_date TEXT,
    email_visibility TEXT NOT NULL CHECK (email_visibility IN ('own_unit', 'agency', 'cross_agency')),
    phone_visibility TEXT NOT NULL CHECK (phone_visibility IN ('own_unit', 'agency', 'cross_agency')),
    mobile_visibility TEXT NOT NULL CHECK (mobile_visibility IN ('own_unit', 'agency', 'cross_agency')),
    listing TEXT NOT NULL CHECK (listing IN ('own_unit', 'agency', 'cross_agency')),
    status TEXT NOT NULL DEFAULT '',
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    sort_key TEXT NOT NULL,
    created INTEGER NOT NULL,
    deactivated INTEGER
) STRICT;
CREATE INDEX person_by_sort_key ON person (sort_key, id);

-- Who fills a post, from when to when; `acting` is รักษาการ. At most one holding of a person is the main one at a time.
CREATE TABLE post_holding (
    person TEXT NOT NULL REFERENCES person (id),
    post TEXT NOT NULL REFERENCES post (id),
    held_from INTEGER NOT NULL,
    held_to INTEGER,
    acting INTEGER NOT NULL DEFAULT 0 CHECK (acting IN (0, 1)),
    main INTEGER NOT NULL DEFAULT 0 CHECK (main IN (0, 1)),
    PRIMARY KEY (person, post, held_from)
) STRICT, WITHOUT ROWID;
CREATE INDEX post_holding_by_post ON post_holding (post, person);

-- One person, one account (F91). `user` is folded (rules/accounts.py). `epoch` grows whenever every session must end.
-- A one-time code is a password with `must_change` and `password_expires`.
CREATE TABLE account (
    person TEXT PRIMARY KEY REFERENCES person (id),
    user TEXT NOT NULL UNIQUE,
    password_hash TEXT,
    password_set INTEGER,
    password_expires INTEGER,
    must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'revoked')),
    suspended_until INTEGER,
    epoch INTEGER NOT NULL DEFAULT 0,
    totp_secret BLOB,
    totp_pending BLOB,
    totp_step INTEGER,
    created INTEGER NOT NULL,
    CHECK ((state = 'suspended') = (suspended_until IS NOT NULL))
) STRICT;

CREATE TABLE role (
    person TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL,
    unit TEXT REFERENCES unit (id),
    granted_by TEXT NOT NULL,
    granted INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX role_once ON role (person, role, coalesce(unit, ''));

CREATE TABLE passkey (
    id TEXT PRIMARY KEY,
    credential BLOB NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX passkey_by_person ON passkey (person, created);

-- Only a keyed hash of the token is kept; the CSRF value follows from it (identity/tokens.py).
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id),
    epoch INTEGER NOT NULL,
    device TEXT NOT NULL,
    address TEXT NOT NULL,
    created INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX session_by_person ON session (person, created);

-- The sign-in history its owner reads (F76). `person` is NULL for a user name that is not there: the name itself is not
-- kept, since people type passwords into that field.
CREATE TABLE sign_in (
    n INTEGER PRIMARY KEY,
    person TEXT REFERENCES person (id),
    at INTEGER NOT NULL,
    device TEXT NOT NULL,
    address TEXT NOT NULL,
    outcome TEXT NOT NULL
) STRICT;
CREATE INDEX sign_in_by_person ON sign_in (person, n);
CREATE INDEX sign_in_by_time ON sign_in (at);

CREATE TABLE terms (
    version INTEGER PRIMARY KEY,
    title_th TEXT NOT NULL,
    title_en TEXT NOT NULL,
    text_th TEXT NOT NULL,
    text_en TEXT NOT NULL,
    effective INTEGER NOT NULL,
    published INTEGER NOT NULL,
    published_by TEXT NOT NULL
) STRICT;

CREATE TABLE terms_acceptance (
    person TEXT NOT NULL REFERENCES person (id),
    version INTEGER NOT NULL REFERENCES terms (version),
    at INTEGER NOT NULL,
    session TEXT NOT NULL,
    PRIMARY KEY (person, version)
) STRICT, WITHOUT ROWID;

-- Every value a setting ever had. In force is the one with the latest `effective` that has come, the later `n` of two.
CREATE TABLE setting (
    n INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    effective INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL
) STRICT;
CREATE INDEX setting_by_key ON setting (key, effective, n);

-- Grows with every change that a running server must notice when another process made it.
CREATE TABLE version (
    subject TEXT PRIMARY KEY CHECK (subject IN ('directory', 'accounts')),
    n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO version (subject, n) VALUES ('directory', 0), ('accounts', 0);

CREATE TABLE import_run (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    files_sha256 TEXT NOT NULL,
    changes INTEGER NOT NULL,
    deactivated INTEGER NOT NULL,
    approved INTEGER NOT NULL CHECK (approved IN (0, 1))
) STRICT;

-- The audit log: a transparency log of its own (architecture.md §3). `leaf` covers the columns and a salted commitment
-- to `detail`, so a detail can be destroyed later without breaking the log.
CREATE TABLE audit (
    n INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT,
    commitment TEXT NOT NULL,
    salt BLOB,
    leaf BLOB NOT NULL
) STRICT;
CREATE INDEX audit_by_target ON audit (target, n);
CREATE INDEX audit_by_action ON audit (action, n);

-- The growing edge of the audit tree; one row.
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    frontier BLOB NOT NULL
) STRICT;

CREATE TABLE audit_checkpoint (
    size INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;
