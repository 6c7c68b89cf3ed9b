-- What the people have, as conditions ask for it: written with them, and nothing that their documents do not say.

-- Activation is active or deactivated, expiry current or expired, and complete 0 or 1: whether the enrollments are all
-- there are. What is not known is NULL.
ALTER TABLE groups_user ADD COLUMN activation TEXT;
ALTER TABLE groups_user ADD COLUMN expiry TEXT;
ALTER TABLE groups_user ADD COLUMN complete INTEGER;

-- One row a value, and what is known to be none is a row too; of what is not known there is none. Type is that of the value
-- (text, choice, number, date, instant, bool; choices, where several are chosen; empty), or unit, and name that of the field
-- or the tree, with a blank key for who sits in no unit of it. The key is the form in which values of the type compare, as
-- text, byte by byte. Tail is what of a text is too long for an index.
CREATE TABLE groups_value (
    tenant  TEXT    NOT NULL,
    user_id TEXT    NOT NULL,
    type    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    part    INTEGER NOT NULL,
    key     TEXT    NOT NULL,
    tail    TEXT    NOT NULL,
    PRIMARY KEY (tenant, user_id, type, name, part)
) WITHOUT ROWID;
CREATE INDEX groups_value_key ON groups_value (tenant, type, name, key, user_id);

-- Status is blank where it is not known. Completed is a day, or an instant in UTC with nine digits of a second, blank where
-- there is none, and NULL where it is not known.
CREATE TABLE groups_enrollment (
    tenant    TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    course    TEXT NOT NULL,
    status    TEXT NOT NULL,
    completed TEXT,
    PRIMARY KEY (tenant, user_id, course)
) WITHOUT ROWID;
CREATE INDEX groups_enrollment_course ON groups_enrollment (tenant, course, user_id);

-- Where the units of a tree stand, those that are only named as a parent (not linked) among them. One is beneath another,
-- or is it, where its place is between low and high of the other; the links between are the difference of their levels,
-- and in a ring of so many the difference of their turns besides. Lost is what hangs on a parent that is not there.
CREATE TABLE groups_place (
    tenant TEXT    NOT NULL,
    tree   TEXT    NOT NULL,
    id     TEXT    NOT NULL,
    place  INTEGER NOT NULL,
    low    INTEGER NOT NULL,
    high   INTEGER NOT NULL,
    level  INTEGER NOT NULL,
    turn   INTEGER NOT NULL,
    ring   INTEGER NOT NULL,
    lost   INTEGER NOT NULL, -- 0, 1
    linked INTEGER NOT NULL, -- 0, 1
    PRIMARY KEY (tenant, tree, id)
) WITHOUT ROWID;
CREATE INDEX groups_place_place ON groups_place (tenant, tree, place, id);

-- The tenants whose people are filed in these tables, and which of their text fields are compared exactly there.
CREATE TABLE groups_filed (
    tenant TEXT NOT NULL PRIMARY KEY,
    exact  TEXT NOT NULL -- a JSON list of names
) WITHOUT ROWID;
