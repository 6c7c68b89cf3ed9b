-- One row a tenant: what the people are, and how far the feed and the audit go. Every write locks it.
CREATE TABLE groups_tenant (
    tenant      TEXT    NOT NULL PRIMARY KEY,
    version     INTEGER NOT NULL, -- of the people
    schema      TEXT    NOT NULL, -- JSON
    last_change INTEGER NOT NULL,
    last_act    INTEGER NOT NULL
) WITHOUT ROWID;

-- The people. Manager is NULL where it is not known, and blank where there is none.
CREATE TABLE groups_user (
    tenant   TEXT NOT NULL,
    id       TEXT NOT NULL,
    manager  TEXT,
    document TEXT NOT NULL, -- JSON
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE INDEX groups_user_manager ON groups_user (tenant, manager, id);

CREATE TABLE groups_unit (
    tenant TEXT NOT NULL,
    tree   TEXT NOT NULL,
    id     TEXT NOT NULL,
    parent TEXT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (tenant, tree, id)
) WITHOUT ROWID;

-- The groups. Definition and state are JSON; name, kind and status are for who reads the table.
CREATE TABLE groups_group (
    tenant     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL, -- manual, automatic
    status     TEXT    NOT NULL, -- inactive, active
    revision   INTEGER NOT NULL,
    sequence   INTEGER NOT NULL, -- how often memberships were written
    definition TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;

-- What is stored about users in groups. Population and member say how they are in: 0 not, 1 manually, 2 by the rule.
CREATE TABLE groups_standing (
    tenant     TEXT    NOT NULL,
    group_id   TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    automatic  INTEGER NOT NULL, -- 0, 1
    undecided  INTEGER NOT NULL, -- 0, 1
    population INTEGER NOT NULL,
    member     INTEGER NOT NULL,
    assignment TEXT, -- JSON
    exclusion  TEXT, -- JSON
    PRIMARY KEY (tenant, group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX groups_standing_user ON groups_standing (tenant, user_id, group_id);

-- Who is in which group, for a host to join: members, and nobody else.
CREATE VIEW groups_membership AS
SELECT tenant, group_id, user_id, CASE member WHEN 1 THEN 'manual' ELSE 'automatic' END AS method
FROM groups_standing
WHERE member <> 0;

-- The change feed, in the order in which changes were committed.
CREATE TABLE groups_change (
    tenant   TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    group_id TEXT    NOT NULL,
    user_id  TEXT    NOT NULL,
    document TEXT    NOT NULL, -- JSON
    PRIMARY KEY (tenant, number)
) WITHOUT ROWID;
CREATE INDEX groups_change_user ON groups_change (tenant, user_id, number);

-- The audit. Group and user are blank where an act is about none. Before and after are JSON, byte by byte as given.
CREATE TABLE groups_act (
    tenant   TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    group_id TEXT    NOT NULL,
    user_id  TEXT    NOT NULL,
    document TEXT    NOT NULL, -- JSON
    before   BLOB,
    after    BLOB,
    PRIMARY KEY (tenant, number)
) WITHOUT ROWID;
CREATE INDEX groups_act_group ON groups_act (tenant, group_id, number);
CREATE INDEX groups_act_user ON groups_act (tenant, user_id, number);

-- Documents beside a group: drafts, versions of criteria, what the guard holds.
CREATE TABLE groups_note (
    tenant   TEXT    NOT NULL,
    kind     BLOB    NOT NULL, -- bytes, since nothing is known of these texts
    group_id TEXT    NOT NULL,
    name     BLOB    NOT NULL,
    revision INTEGER NOT NULL,
    kept_by  BLOB    NOT NULL,
    kept_at  TEXT    NOT NULL,
    data     BLOB    NOT NULL,
    PRIMARY KEY (tenant, kind, group_id, name)
) WITHOUT ROWID;
CREATE INDEX groups_note_group ON groups_note (tenant, group_id);

-- What one worker has for itself: the feed for a consumer, or a group to process. Number counts the claims, until is when
-- the last one ends, in nanoseconds since 1970, and place is how far the consumer has come.
CREATE TABLE groups_claim (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL, -- feed, group
    name BLOB NOT NULL,
    number INTEGER NOT NULL,
    until INTEGER NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, name)
) WITHOUT ROWID;

-- The changes that ApplyOnce has applied, of any tenant, in the database of a consumer.
CREATE TABLE groups_applied (
    consumer BLOB NOT NULL,
    change_id BLOB NOT NULL,
    PRIMARY KEY (consumer, change_id)
) WITHOUT ROWID;
