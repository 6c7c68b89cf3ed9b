package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/grouprules/groups"
)

// Group returns one group, or an error that wraps [groups.ErrNotFound].
func (s *Store) Group(ctx context.Context, id groups.GroupID) (groups.Group, error) {
	if err := ctx.Err(); err != nil {
		return groups.Group{}, err
	}
	g, err := s.group(ctx, s.conn(), id)
	switch {
	case err != nil:
		return groups.Group{}, err
	case g == nil:
		return groups.Group{}, fmt.Errorf("group %.64q: %w", id, groups.ErrNotFound)
	}
	return *g, nil
}

// group is nil where there is none.
func (s *Store) group(ctx context.Context, c conn, id groups.GroupID) (*groups.Group, error) {
	if id.Check() != nil {
		return nil, nil
	}
	found, err := list(ctx, c, scanGroup, "SELECT definition, state FROM groups_group WHERE tenant = ?1 AND id = ?2", string(id))
	if err != nil {
		return nil, fmt.Errorf("read group %q: %w", id, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// Groups yields every group by ID. What was read before and is the same is not parsed again: it is shared, and must not be
// written to.
func (s *Store) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return s.groups(ctx, s.conn())
}

func (s *Store) groups(ctx context.Context, c conn) iter.Seq2[groups.Group, error] {
	return pages(ctx, func(last *groups.Group) ([]groups.Group, error) {
		after := groups.GroupID("")
		if last != nil {
			after = last.ID
		}
		return list(ctx, c, s.known.scan, "SELECT definition, state, id FROM groups_group WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3", string(after), pageSize)
	})
}

// knownGroups are groups as they were last read, with the text that they were read from.
type knownGroups struct {
	mu   sync.Mutex
	byID map[groups.GroupID]knownGroup
}

type knownGroup struct {
	definition, state string
	group             groups.Group
}

// mostKnown bounds how many groups are remembered.
const mostKnown = 50_000

// scan is scanGroup of a row that ends with the ID.
func (k *knownGroups) scan(row func(...any) error) (groups.Group, error) {
	var definition, state sql.RawBytes
	var id groups.GroupID
	if err := row(&definition, &state, &id); err != nil {
		return groups.Group{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	known := k.byID[id]
	if known.definition != string(definition) {
		read, err := readGroup(definition, state)
		if err != nil {
			return groups.Group{}, err
		}
		known = knownGroup{string(definition), string(state), read}
	} else if known.state != string(state) {
		known.state, known.group.State = string(state), groups.State{}
		if err := json.Unmarshal(state, &known.group.State); err != nil {
			return groups.Group{}, err
		}
	} else {
		return known.group, nil
	}
	if len(k.byID) >= mostKnown {
		clear(k.byID)
	}
	k.byID[id] = known
	return known.group, nil
}

func scanGroup(row func(...any) error) (g groups.Group, err error) {
	var definition, state sql.RawBytes
	if err = row(&definition, &state); err != nil {
		return g, err
	}
	return readGroup(definition, state)
}

func readGroup(definition, state []byte) (g groups.Group, err error) {
	if err = json.Unmarshal(definition, &g); err != nil {
		return g, err
	}
	return g, json.Unmarshal(state, &g.State)
}

// save writes groups.
func (s *Store) save(ctx context.Context, c conn, list []groups.Group) error {
	written := make([][]any, len(list))
	for i := range list {
		g := &list[i]
		definition, err := json.Marshal(g)
		if err != nil {
			return fmt.Errorf("write group %q: %w", g.ID, err)
		}
		state, err := json.Marshal(&g.State)
		if err != nil {
			return fmt.Errorf("write group %q: %w", g.ID, err)
		}
		written[i] = []any{string(g.ID), text(g.Name), g.Kind.String(), g.Status.String(), int64(g.Revision), int64(g.State.Sequence), string(definition), string(state)}
	}
	err := c.insert(ctx, "INSERT INTO groups_group (tenant, id, name, kind, status, revision, sequence, definition, state)", `ON CONFLICT (tenant, id) DO UPDATE SET
		name = excluded.name, kind = excluded.kind, status = excluded.status, revision = excluded.revision,
		sequence = excluded.sequence, definition = excluded.definition, state = excluded.state`, 9, len(list), func(i int) []any { return written[i] })
	if err != nil {
		return fmt.Errorf("write groups: %w", err)
	}
	return nil
}

// text is what every database keeps of a text that is only read by people.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}

// object is a JSON document, or NULL where there is none.
func object[T any](v *T) (any, error) {
	if v == nil {
		return nil, nil
	}
	data, err := json.Marshal(v)
	return string(data), err
}

const standingColumns = "group_id, user_id, automatic, undecided, population, member, assignment, exclusion"

func scanStanding(row func(...any) error) (st groups.Standing, err error) {
	var automatic, undecided int
	var assignment, exclusion []byte
	err = row(&st.Group, &st.User, &automatic, &undecided, &st.Population, &st.Member, &assignment, &exclusion)
	if err == nil && assignment != nil {
		st.Assignment = new(groups.Assignment)
		err = json.Unmarshal(assignment, st.Assignment)
	}
	if err == nil && exclusion != nil {
		st.Exclusion = new(groups.Exclusion)
		err = json.Unmarshal(exclusion, st.Exclusion)
	}
	st.Automatic, st.Undecided = automatic != 0, undecided != 0
	return st, err
}

// Standings yields what is stored about the users of a group.
func (s *Store) Standings(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	return pages(ctx, func(last *groups.Standing) ([]groups.Standing, error) {
		if id.Check() != nil {
			return nil, nil
		}
		from := after
		if last != nil {
			from = last.User
		}
		return list(ctx, s.conn(), scanStanding, "SELECT "+standingColumns+` FROM groups_standing
			WHERE tenant = ?1 AND group_id = ?2 AND user_id > ?3 ORDER BY user_id LIMIT ?4`, string(id), text(string(from)), pageSize)
	})
}

// StandingsOf yields what is stored about a user, group by group.
func (s *Store) StandingsOf(ctx context.Context, id groups.UserID) iter.Seq2[groups.Standing, error] {
	return pages(ctx, func(last *groups.Standing) ([]groups.Standing, error) {
		if id.Check() != nil {
			return nil, nil
		}
		after := groups.GroupID("")
		if last != nil {
			after = last.Group
		}
		return list(ctx, s.conn(), scanStanding, "SELECT "+standingColumns+" FROM "+s.dialect.by("groups_standing", "groups_standing_user")+`
			WHERE tenant = ?1 AND user_id = ?2 AND group_id > ?3 ORDER BY group_id LIMIT ?4`, string(id), string(after), pageSize)
	})
}

// Members yields the membership of a group.
func (s *Store) Members(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
	return pages(ctx, func(last *groups.Member) ([]groups.Member, error) {
		if id.Check() != nil {
			return nil, nil
		}
		from := after
		if last != nil {
			from = last.User
		}
		return list(ctx, s.conn(), func(row func(...any) error) (m groups.Member, err error) {
			err = row(&m.User, &m.Method)
			return m, err
		}, `SELECT user_id, member FROM groups_standing
			WHERE tenant = ?1 AND group_id = ?2 AND user_id > ?3 AND member <> 0 ORDER BY user_id LIMIT ?4`, string(id), text(string(from)), pageSize)
	})
}

// enter writes standings; blank ones are erased.
func (s *Store) enter(ctx context.Context, c conn, standings []groups.Standing) error {
	var kept [][]any
	var blank [][2]string
	for i := range standings {
		st := &standings[i]
		if st.Blank() {
			blank = append(blank, [2]string{string(st.Group), string(st.User)})
			continue
		}
		assignment, err := object(st.Assignment)
		if err != nil {
			return fmt.Errorf("write the assignment of user %q in group %q: %w", st.User, st.Group, err)
		}
		exclusion, err := object(st.Exclusion)
		if err != nil {
			return fmt.Errorf("write the exclusion of user %q in group %q: %w", st.User, st.Group, err)
		}
		kept = append(kept, []any{string(st.Group), string(st.User), bit(st.Automatic), bit(st.Undecided), int(st.Population), int(st.Member), assignment, exclusion})
	}
	err := c.insert(ctx, "INSERT INTO groups_standing (tenant, "+standingColumns+")", `ON CONFLICT (tenant, group_id, user_id) DO UPDATE SET
		automatic = excluded.automatic, undecided = excluded.undecided, population = excluded.population, member = excluded.member,
		assignment = excluded.assignment, exclusion = excluded.exclusion`, 9, len(kept), func(i int) []any { return kept[i] })
	if err == nil && len(blank) > 0 {
		err = c.exec(ctx, "DELETE FROM groups_standing WHERE tenant = ?1 AND (group_id, user_id) IN (SELECT one, other FROM "+c.dialect.pairs("?2")+")", array(blank))
	}
	if err != nil {
		return fmt.Errorf("write standings: %w", err)
	}
	return nil
}

func bit(is bool) int {
	if is {
		return 1
	}
	return 0
}
