package groups

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/grouprules/groups/internal/ordered"
)

// Memory is a [Directory], [People] and a [Store] in memory, with the capabilities [Versioned] and
// [Reporting]. It is complete, and keeps every contract to the letter, but forgets everything with
// the process. Make one with [NewMemory].
//
// A stream reads what was there when its loop began, whatever is written meanwhile, and no lock is
// held while the loop runs. Reading and writing cost in proportion to what is asked for or written,
// not to what is stored: a stream that begins after a write puts the few blocks of rows that the
// write touched in order again. The change feed grows without bound.
//
// What is handed to Write belongs to the Memory: the maps and slices of users, schema and units must
// not be written to afterwards, neither by the caller nor by those who read them. Groups, standings
// and changes are copied when they are handed over and out; only the criteria of the groups that
// Groups yields are shared, and must not be written to.
type Memory struct {
	mu sync.Mutex

	// The people. A *User is never written to once it is filed, nor is a slice of units.
	version uint64
	schema  *Schema
	users   ordered.Map[UserID, User]
	reports map[UserID]map[UserID]struct{} // by manager
	trees   map[Tree][]Unit                // by ID

	// The groups. A *Group and a *Standing are never written to once they are filed.
	groups     ordered.Map[GroupID, Group]
	references *references
	standings  map[GroupID]*ordered.Map[UserID, Standing] // one for every group
	byUser     map[UserID][]*Standing                     // by group

	// The feed. Entries are added behind, and a stream may still read those before.
	feed []memoryChange
	last uint64 // the number of the last change ever written
}

var (
	_ Directory = (*Memory)(nil)
	_ People    = (*Memory)(nil)
	_ Store     = (*Memory)(nil)
	_ Versioned = (*Memory)(nil)
	_ Reporting = (*Memory)(nil)
)

// memoryChange is a change with its place in the feed; the cursor is spelt when it is read.
type memoryChange struct {
	number uint64
	change Change
}

// NewMemory returns an empty Memory: nobody, no groups, and a schema of the reserved fields alone.
func NewMemory() *Memory {
	return &Memory{
		schema:     &Schema{},
		reports:    make(map[UserID]map[UserID]struct{}),
		trees:      make(map[Tree][]Unit),
		references: newReferences(nil),
		standings:  make(map[GroupID]*ordered.Map[UserID, Standing]),
		byUser:     make(map[UserID][]*Standing),
	}
}

// Schema returns the schema last written; it is shared.
func (m *Memory) Schema(ctx context.Context) (*Schema, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.schema, nil
}

// Users yields every user by ID. Their maps are shared.
func (m *Memory) Users(ctx context.Context) iter.Seq2[User, error] {
	return memoryStream(ctx, func() (iter.Seq[ordered.Row[UserID, User]], error) {
		return m.users.Rows().All(), nil
	}, &m.mu, func(r ordered.Row[UserID, User]) (User, bool) { return *r.Value, true })
}

// User returns one user, or an error that wraps [ErrNotFound].
func (m *Memory) User(ctx context.Context, id UserID) (User, error) {
	if err := ctx.Err(); err != nil {
		return User{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.users.Get(id)
	if u == nil {
		return User{}, fmt.Errorf("user %q: %w", id, ErrNotFound)
	}
	return *u, nil
}

// Units yields every unit by tree and then by ID.
func (m *Memory) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return memoryStream(ctx, func() (iter.Seq[Unit], error) {
		var all []Unit
		for _, tree := range slices.Sorted(maps.Keys(m.trees)) {
			all = append(all, m.trees[tree]...)
		}
		return slices.Values(all), nil
	}, &m.mu, func(u Unit) (Unit, bool) { return u, true })
}

// Version counts the writes that touched people, units or schema.
func (m *Memory) Version(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.versionText(), nil
}

func (m *Memory) versionText() string { return strconv.FormatUint(m.version, 10) }

// Reports yields the IDs of those who report to the manager directly.
func (m *Memory) Reports(ctx context.Context, manager UserID) iter.Seq2[UserID, error] {
	return memoryStream(ctx, func() (iter.Seq[UserID], error) {
		return slices.Values(slices.Sorted(maps.Keys(m.reports[manager]))), nil
	}, &m.mu, func(id UserID) (UserID, bool) { return id, true })
}

// Write applies the change, or refuses it with everything that is wrong with it ([errors.Join]):
// unusable identifiers, users or units given twice, a unit filed under another tree than its own
// (blank is filled in), a schema that [Schema.Validate] refuses. Values are not compared with the
// schema: where they do not fit, evaluation reports it.
func (m *Memory) Write(ctx context.Context, c PeopleChange) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	trees, err := c.check()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Base != "" && c.Base != m.versionText() {
		return fmt.Errorf("people: %w: version %s was asked for, %s is stored", ErrConflict, c.Base, m.versionText())
	}
	if c.Schema != nil || len(c.Upsert)+len(c.Deactivate)+len(c.Remove)+len(trees) > 0 {
		m.version++
	}
	if c.Schema != nil {
		m.schema = c.Schema
	}
	for i := range c.Upsert {
		u := c.Upsert[i] // a copy: the slice stays the caller's, the maps in it do not
		m.fileUser(u.ID, &u)
	}
	for _, id := range c.Deactivate {
		if u := m.users.Get(id); u != nil {
			off := *u
			off.Activation = Deactivated
			m.fileUser(id, &off)
		}
	}
	for _, id := range c.Remove {
		m.fileUser(id, nil)
	}
	for tree, units := range trees {
		if len(units) > 0 {
			m.trees[tree] = units
		} else {
			delete(m.trees, tree)
		}
	}
	return nil
}

// fileUser puts u in the place of the user with that ID; nil takes the user out.
func (m *Memory) fileUser(id UserID, u *User) {
	var before, after UserID
	if old := m.users.Get(id); old != nil {
		before, _ = old.Manager.ID()
	}
	if u != nil {
		after, _ = u.Manager.ID()
	}
	m.users.Put(id, u)
	if before == after {
		return
	}
	if before != "" {
		delete(m.reports[before], id)
		if len(m.reports[before]) == 0 {
			delete(m.reports, before)
		}
	}
	if after != "" {
		if m.reports[after] == nil {
			m.reports[after] = make(map[UserID]struct{})
		}
		m.reports[after][id] = struct{}{}
	}
}

// check returns the trees sorted by unit and with the tree's name in each, or all that is wrong.
func (c PeopleChange) check() (map[Tree][]Unit, error) {
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	if c.Schema != nil {
		note(c.Schema.Validate())
	}
	// Thousands of users share a unit or a course.
	usable := make(map[string]struct{})
	shared := func(what, id string) error {
		if _, ok := usable[id]; ok {
			return nil
		}
		err := checkID(what, id)
		if err == nil {
			usable[id] = struct{}{}
		}
		return err
	}
	given := make(map[UserID]struct{}, len(c.Upsert))
	for i := range c.Upsert {
		u := &c.Upsert[i]
		of := func(err error) {
			if err != nil {
				errs = append(errs, fmt.Errorf("user %.64q: %w", u.ID, err))
			}
		}
		note(u.ID.Check())
		if _, twice := given[u.ID]; twice {
			note(fmt.Errorf("user id %.64q: %w: given twice", u.ID, ErrID))
		}
		given[u.ID] = struct{}{}
		if manager, _ := u.Manager.ID(); manager != "" {
			of(shared("manager", string(manager)))
		}
		for _, tree := range slices.Sorted(maps.Keys(u.Units)) {
			of(shared("tree", string(tree)))
			for _, unit := range u.Units[tree] {
				of(shared("unit", unit))
			}
		}
		for _, e := range u.Enrollments.list {
			of(shared("course", e.Course))
		}
	}
	trees := make(map[Tree][]Unit, len(c.Trees))
	for _, tree := range slices.Sorted(maps.Keys(c.Trees)) {
		of := func(err error) {
			if err != nil {
				errs = append(errs, fmt.Errorf("tree %.64q: %w", tree, err))
			}
		}
		note(shared("tree", string(tree)))
		units := slices.Clone(c.Trees[tree])
		for i := range units {
			u := &units[i]
			of(shared("unit", u.ID))
			if u.Parent != "" {
				of(shared("unit", u.Parent))
			}
			if u.Tree != "" && u.Tree != tree {
				of(fmt.Errorf("unit id %.64q: %w: of tree %.64q", u.ID, ErrID, u.Tree))
			}
			u.Tree = tree
		}
		slices.SortStableFunc(units, func(a, b Unit) int { return cmp.Compare(a.ID, b.ID) })
		for i := 1; i < len(units); i++ {
			if units[i].ID == units[i-1].ID {
				of(fmt.Errorf("unit id %.64q: %w: given twice", units[i].ID, ErrID))
			}
		}
		trees[tree] = units
	}
	return trees, errors.Join(errs...)
}

// Group returns one group, the caller's own, or an error that wraps [ErrNotFound].
func (m *Memory) Group(ctx context.Context, id GroupID) (Group, error) {
	if err := ctx.Err(); err != nil {
		return Group{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.groups.Get(id)
	if g == nil {
		return Group{}, fmt.Errorf("group %q: %w", id, ErrNotFound)
	}
	own := *g
	own.Criteria = g.Criteria.clone()
	return own, nil
}

// Groups yields every group by ID. Their criteria are shared and must not be written to.
func (m *Memory) Groups(ctx context.Context) iter.Seq2[Group, error] {
	return memoryStream(ctx, func() (iter.Seq[ordered.Row[GroupID, Group]], error) {
		return m.groups.Rows().All(), nil
	}, &m.mu, func(r ordered.Row[GroupID, Group]) (Group, bool) { return *r.Value, true })
}

// SaveGroup creates or replaces a group; see the contract of [Store]. It takes time in proportion to
// the references that can be reached from the group, not to the number of groups.
func (m *Memory) SaveGroup(ctx context.Context, g Group) (Group, error) {
	if err := ctx.Err(); err != nil {
		return Group{}, err
	}
	err := g.ID.Check()
	if g.Parent != "" {
		err = errors.Join(err, g.Parent.Check())
	}
	if err != nil {
		return Group{}, err
	}
	g.Criteria = g.Criteria.clone()
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, err := m.group(g.ID, g.Revision)
	if err != nil {
		return Group{}, err
	}
	m.references.put(g)
	if err := m.references.check(g.ID); err != nil {
		m.references.remove(g.ID)
		if stored != nil {
			m.references.put(*stored)
		}
		return Group{}, err
	}
	g.Revision++
	g.State = State{}
	if stored != nil {
		g.State = stored.State
	} else {
		m.standings[g.ID] = &ordered.Map[UserID, Standing]{}
	}
	m.groups.Put(g.ID, &g)
	own := g
	own.Criteria = g.Criteria.clone()
	return own, nil
}

// group returns the stored group where it has that revision; revision 0 is that there is none.
func (m *Memory) group(id GroupID, revision uint64) (*Group, error) {
	stored := m.groups.Get(id)
	switch {
	case stored == nil && revision == 0:
		return nil, nil
	case stored == nil:
		return nil, fmt.Errorf("group %q: %w", id, ErrNotFound)
	case stored.Revision != revision:
		return nil, &ConflictError{id, stored.Revision, stored.SavedBy, stored.SavedAt}
	}
	return stored, nil
}

// DeleteGroup erases a group; see the contract of [Store].
func (m *Memory) DeleteGroup(ctx context.Context, id GroupID, revision uint64, by string, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, err := m.group(id, revision)
	if err == nil && stored == nil {
		err = fmt.Errorf("group %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return err
	}
	if by := m.references.readers[referenceNode{id: id}]; len(by) > 0 {
		return fmt.Errorf("group %q: %w: %q", id, ErrReferred, by)
	}
	if below := m.references.children[id]; len(below) > 0 {
		return fmt.Errorf("group %q: %w: it is the parent of %q", id, ErrReferred, below)
	}
	for r := range m.standings[id].Rows().All() {
		m.leave(r.Value, causeDeletion, by, at)
		m.fileOfUser(r.Value.User, id, nil)
	}
	delete(m.standings, id)
	m.references.remove(id)
	m.groups.Put(id, nil)
	return nil
}

// leave writes to the feed that s is gone, where it was a member's.
func (m *Memory) leave(s *Standing, cause Cause, by string, at time.Time) {
	if s.Member != Outside {
		m.write(Change{Group: s.Group, User: s.User, Kind: Left, Before: s.Member, After: Outside, Cause: cause, By: by, At: at})
	}
}

func (m *Memory) write(c Change) {
	m.last++
	c.Cursor = ""
	m.feed = append(m.feed, memoryChange{m.last, c})
}

// Standings yields what is stored about the users of a group.
func (m *Memory) Standings(ctx context.Context, id GroupID, after UserID) iter.Seq2[Standing, error] {
	return m.ofGroup(ctx, id, after, func(*Standing) bool { return true })
}

// ofGroup streams the standings of a group that are wanted.
func (m *Memory) ofGroup(ctx context.Context, id GroupID, after UserID, want func(*Standing) bool) iter.Seq2[Standing, error] {
	return memoryStream(ctx, func() (iter.Seq[ordered.Row[UserID, Standing]], error) {
		if of, ok := m.standings[id]; ok {
			return of.Rows().After(after), nil
		}
		return slices.Values[[]ordered.Row[UserID, Standing]](nil), nil
	}, &m.mu, func(r ordered.Row[UserID, Standing]) (Standing, bool) {
		if !want(r.Value) {
			return Standing{}, false
		}
		return r.Value.clone(), true
	})
}

// StandingsOf yields what is stored about a user, group by group, in time proportional to that.
func (m *Memory) StandingsOf(ctx context.Context, id UserID) iter.Seq2[Standing, error] {
	return memoryStream(ctx, func() (iter.Seq[*Standing], error) {
		return slices.Values(slices.Clone(m.byUser[id])), nil
	}, &m.mu, func(s *Standing) (Standing, bool) { return s.clone(), true })
}

// Members yields the membership of a group.
func (m *Memory) Members(ctx context.Context, id GroupID, after UserID) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		for s, err := range m.ofGroup(ctx, id, after, func(s *Standing) bool { return s.Member != Outside }) {
			if !yield(Member{s.User, s.Member}, err) {
				return
			}
		}
	}
}

// Apply writes all or nothing; see the contract of [Store]. Writes that contradict themselves (a
// group twice, standings of another group or out of order) are refused. It takes time in proportion
// to the standings and changes it is given, whatever the size of the groups.
func (m *Memory) Apply(ctx context.Context, writes []Write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	given := make(map[GroupID]bool, len(writes))
	for i := range writes {
		w := &writes[i]
		if given[w.Group] {
			return fmt.Errorf("group %q is written twice at once", w.Group)
		}
		given[w.Group] = true
		if err := w.check(); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range writes {
		if err := m.compare(&writes[i]); err != nil {
			return err
		}
	}
	for i := range writes {
		m.apply(&writes[i])
	}
	return nil
}

func (w *Write) check() error {
	for i := range w.Standings {
		s := &w.Standings[i]
		switch {
		case s.Group != w.Group:
			return fmt.Errorf("group %q: a standing of group %q", w.Group, s.Group)
		case i > 0 && s.User <= w.Standings[i-1].User:
			return fmt.Errorf("group %q: the standings are not ascending by user at %q", w.Group, s.User)
		}
		if err := s.User.Check(); err != nil {
			return fmt.Errorf("group %q: %w", w.Group, err)
		}
	}
	for i := range w.Changes {
		if c := &w.Changes[i]; c.Group != w.Group {
			return fmt.Errorf("group %q: a change of group %q", w.Group, c.Group)
		}
	}
	return nil
}

// compare refuses a write that started from another state than the stored one.
func (m *Memory) compare(w *Write) error {
	stored := m.groups.Get(w.Group)
	switch {
	case stored == nil:
		return fmt.Errorf("group %q: %w: it was deleted", w.Group, ErrConflict)
	case stored.Revision != w.Revision:
		return &ConflictError{stored.ID, stored.Revision, stored.SavedBy, stored.SavedAt}
	case !stored.State.Equal(w.Was):
		return fmt.Errorf("group %q: %w: sequence %d was read, %d is stored, or a run came between", w.Group, ErrConflict, w.Was.Sequence, stored.State.Sequence)
	}
	return nil
}

func (m *Memory) apply(w *Write) {
	g := *m.groups.Get(w.Group)
	if w.State != nil {
		sequence := g.State.Sequence
		g.State = *w.State
		g.State.Sequence = sequence
	}
	of := m.standings[w.Group]
	for i := range w.Standings {
		s := w.Standings[i].clone()
		filed := &s
		if s.Blank() {
			filed = nil
		}
		of.Put(s.User, filed)
		m.fileOfUser(s.User, s.Group, filed)
	}
	if len(w.Standings) > 0 {
		g.State.Sequence++
	}
	for i := range w.Changes {
		m.write(w.Changes[i])
	}
	m.groups.Put(g.ID, &g)
}

// fileOfUser keeps the index by user; nil takes the standing out.
func (m *Memory) fileOfUser(user UserID, group GroupID, s *Standing) {
	list := m.byUser[user]
	at, found := slices.BinarySearchFunc(list, group, func(s *Standing, g GroupID) int { return cmp.Compare(s.Group, g) })
	switch {
	case found && s != nil:
		list[at] = s
		return
	case found:
		list = slices.Delete(list, at, at+1)
	case s != nil:
		list = slices.Insert(list, at, s)
	}
	if len(list) == 0 {
		delete(m.byUser, user)
	} else {
		m.byUser[user] = list
	}
}

// Forget erases the user from every group and from the feed, see the contract of [Store], and takes
// them out of the directory as well. The decisions they made about others stay. It reads the whole
// feed.
func (m *Memory) Forget(ctx context.Context, id UserID, by string, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users.Get(id) != nil {
		m.version++
		m.fileUser(id, nil)
	}
	// A new list: streams may be reading the old one.
	kept := make([]memoryChange, 0, len(m.feed))
	for _, c := range m.feed {
		if c.change.User != id {
			kept = append(kept, c)
		}
	}
	m.feed = kept
	for _, s := range m.byUser[id] {
		m.leave(s, causeForgotten, by, at)
		m.standings[s.Group].Put(id, nil)
		g := *m.groups.Get(s.Group)
		g.State.Sequence++
		m.groups.Put(g.ID, &g)
	}
	delete(m.byUser, id)
	return nil
}

// Changes yields the feed after a cursor. A cursor that this Memory has not given out is an error:
// one kept from an earlier process would otherwise pass over changes in silence.
func (m *Memory) Changes(ctx context.Context, after string) iter.Seq2[Change, error] {
	return memoryStream(ctx, func() (iter.Seq[memoryChange], error) {
		var number uint64
		if after != "" {
			n, err := strconv.ParseUint(after, 10, 64)
			if err != nil || n > m.last || after != strconv.FormatUint(n, 10) {
				return nil, fmt.Errorf("cursor %.64q is not one of this feed", after)
			}
			number = n
		}
		at, found := slices.BinarySearchFunc(m.feed, number, func(c memoryChange, n uint64) int { return cmp.Compare(c.number, n) })
		if found {
			at++
		}
		return slices.Values(m.feed[at:]), nil
	}, &m.mu, func(c memoryChange) (Change, bool) {
		c.change.Cursor = strconv.FormatUint(c.number, 10)
		return c.change, true
	})
}

// memoryStream yields those of the rows that show wants. They are taken with the lock held when a
// loop begins, and yielded without it.
func memoryStream[R, T any](ctx context.Context, take func() (iter.Seq[R], error), mu *sync.Mutex, show func(R) (T, bool)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := ctx.Err(); err != nil {
			yield(none, err)
			return
		}
		mu.Lock()
		rows, err := take()
		mu.Unlock()
		if err != nil {
			yield(none, err)
			return
		}
		for r := range rows {
			if err := ctx.Err(); err != nil {
				yield(none, err)
				return
			}
			if t, ok := show(r); ok && !yield(t, nil) {
				return
			}
		}
	}
}

// clone copies what the standing points to.
func (s *Standing) clone() Standing {
	own := *s
	if s.Assignment != nil {
		a := *s.Assignment
		own.Assignment = &a
	}
	if s.Exclusion != nil {
		x := *s.Exclusion
		own.Exclusion = &x
	}
	return own
}

// clone copies everything that could be written to.
func (c Criteria) clone() Criteria {
	c.Sets = slices.Clone(c.Sets)
	for i := range c.Sets {
		s := &c.Sets[i]
		s.Conditions = slices.Clone(s.Conditions)
		for j, condition := range s.Conditions {
			s.Conditions[j] = cloneCondition(condition)
		}
	}
	return c
}

func cloneCondition(c Condition) Condition {
	switch c := c.(type) {
	case FieldCondition:
		c.Values = slices.Clone(c.Values)
		return c
	case UnitCondition:
		c.Units = slices.Clone(c.Units)
		return c
	case UserCondition:
		c.Users = slices.Clone(c.Users)
		return c
	case EnrollmentCondition:
		c.Courses, c.Statuses = slices.Clone(c.Courses), slices.Clone(c.Statuses)
		c.When.Values = slices.Clone(c.When.Values)
		return c
	case GroupCondition:
		c.Groups = slices.Clone(c.Groups)
		return c
	case StatusCondition:
		c.Statuses = slices.Clone(c.Statuses)
		return c
	}
	return c // Everyone and nil hold nothing
}
