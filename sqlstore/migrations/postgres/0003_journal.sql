-- Who was written about after a version, for evaluators that follow what others wrote: units_at is the version that last
-- wrote units, and journal_from the one after which the journal is whole.
ALTER TABLE groups_tenant ADD COLUMN units_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE groups_tenant ADD COLUMN journal_from BIGINT NOT NULL DEFAULT 0;
UPDATE groups_tenant SET units_at = version, journal_from = version;

-- The version that last wrote the user.
ALTER TABLE groups_user ADD COLUMN written BIGINT NOT NULL DEFAULT 0;
CREATE INDEX groups_user_written ON groups_user (tenant, written, id);

-- Users whom a version took out, but for those who were forgotten.
CREATE TABLE groups_gone (
    tenant TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    written BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX groups_gone_written ON groups_gone (tenant, written, id);
