-- One row a tenant: what the people are, and how far the feed and the audit go. Every write locks it.
CREATE TABLE groups_tenant (
    tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL, -- of the people
    schema TEXT COLLATE "C" NOT NULL, -- JSON
    last_change BIGINT NOT NULL,
    last_act BIGINT NOT NULL
);

-- The people. Manager is NULL where it is not known, and blank where there is none.
CREATE TABLE groups_user (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    manager TEXT COLLATE "C",
    document TEXT COLLATE "C" NOT NULL, -- JSON
    PRIMARY KEY (tenant, id)
);
CREATE INDEX groups_user_manager ON groups_user (tenant, manager, id);

CREATE TABLE groups_unit (
    tenant TEXT COLLATE "C" NOT NULL,
    tree TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, tree, id)
);

-- The groups. Definition and state are JSON; name, kind and status are for who reads the table.
CREATE TABLE groups_group (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL, -- manual, automatic
    status TEXT COLLATE "C" NOT NULL, -- inactive, active
    revision BIGINT NOT NULL,
    sequence BIGINT NOT NULL, -- how often memberships were written
    definition TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- What is stored about users in groups. Population and member say how they are in: 0 not, 1 manually, 2 by the rule.
CREATE TABLE groups_standing (
    tenant TEXT COLLATE "C" NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    automatic BIGINT NOT NULL, -- 0, 1
    undecided BIGINT NOT NULL, -- 0, 1
    population BIGINT NOT NULL,
    member BIGINT NOT NULL,
    assignment TEXT COLLATE "C", -- JSON
    exclusion TEXT COLLATE "C", -- JSON
    PRIMARY KEY (tenant, group_id, user_id)
);
CREATE INDEX groups_standing_user ON groups_standing (tenant, user_id, group_id);

-- Who is in which group, for a host to join: members, and nobody else.
CREATE VIEW groups_membership AS
SELECT tenant, group_id, user_id, CASE member WHEN 1 THEN 'manual' ELSE 'automatic' END AS method
FROM groups_standing
WHERE member <> 0;

-- The change feed, in the order in which changes were committed.
CREATE TABLE groups_change (
    tenant TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL, -- JSON
    PRIMARY KEY (tenant, number)
);
CREATE INDEX groups_change_user ON groups_change (tenant, user_id, number);

-- The audit. Group and user are blank where an act is about none. Before and after are JSON, byte by byte as given.
CREATE TABLE groups_act (
    tenant TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    group_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL, -- JSON
    before BYTEA,
    after BYTEA,
    PRIMARY KEY (tenant, number)
);
CREATE INDEX groups_act_group ON groups_act (tenant, group_id, number);
CREATE INDEX groups_act_user ON groups_act (tenant, user_id, number);

-- Documents beside a group: drafts, versions of criteria, what the guard holds.
CREATE TABLE groups_note (
    tenant TEXT COLLATE "C" NOT NULL,
    kind BYTEA NOT NULL, -- bytes, since nothing is known of these texts
    group_id TEXT COLLATE "C" NOT NULL,
    name BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    kept_by BYTEA NOT NULL,
    kept_at TEXT COLLATE "C" NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (tenant, kind, group_id, name)
);
CREATE INDEX groups_note_group ON groups_note (tenant, group_id);

-- What one worker has for itself: the feed for a consumer, or a group to process. Number counts the claims, until is when
-- the last one ends, in nanoseconds since 1970, and place is how far the consumer has come.
CREATE TABLE groups_claim (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL, -- feed, group
    name BYTEA NOT NULL,
    number BIGINT NOT NULL,
    until BIGINT NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, name)
);

-- The changes that ApplyOnce has applied, of any tenant, in the database of a consumer.
CREATE TABLE groups_applied (
    consumer BYTEA NOT NULL,
    change_id BYTEA NOT NULL,
    PRIMARY KEY (consumer, change_id)
);
