-- What SQLite cannot know of empty tables, so that it looks up by the index that finds fewest rows. ANALYZE replaces these
-- figures by those of the data.
ANALYZE;
DELETE FROM sqlite_stat1 WHERE tbl IN ('groups_standing', 'groups_change', 'groups_act', 'groups_note', 'groups_user', 'groups_gone');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
('groups_standing', 'groups_standing', '1000000 1000000 10000 1'),
('groups_standing', 'groups_standing_user', '1000000 1000000 20 1'),
('groups_change', 'groups_change', '1000000 1000000 1'),
('groups_change', 'groups_change_user', '1000000 1000000 20 1'),
('groups_act', 'groups_act', '1000000 1000000 1'),
('groups_act', 'groups_act_group', '1000000 1000000 1000 1'),
('groups_act', 'groups_act_user', '1000000 1000000 20 1'),
('groups_note', 'groups_note', '10000 10000 5000 10 1'),
('groups_note', 'groups_note_group', '10000 10000 10 1'),
('groups_user', 'groups_user', '100000 100000 1'),
('groups_user', 'groups_user_manager', '100000 100000 10 1'),
('groups_user', 'groups_user_written', '100000 100000 100 1');
ANALYZE sqlite_schema;
