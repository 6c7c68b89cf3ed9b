package groups

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/grouprules/groups/internal/ordered"
	"github.com/grouprules/groups/internal/pairs"
)

// Memory is a [Directory], [People] and a [Store] in memory, with the capabilities [Versioned],
// [Journaled] and [Reporting]. It is complete, and keeps every contract to the letter, but forgets everything with
// the process. Make one with [NewMemory].
//
// A stream reads what was there when its loop began, whatever is written meanwhile, and no lock is
// held while the loop runs. Reading and writing cost in proportion to what is asked for or written,
// not to what is stored: a stream that begins after a write puts the few blocks of rows that the
// write touched in order again. The change feed grows without bound.
//
// What is handed to Write belongs to the Memory: the maps and slices of users, schema and units must
// not be written to afterwards, neither by the caller nor by those who read them. Groups, standings
// and changes are copied when they are handed over and out; only the criteria and states of the
// groups that Groups yields are shared, and must not be written to.
type Memory struct {
	mu sync.RWMutex

	// The people. A *filedUser is never written to once it is filed, nor is a slice of units. named is the version
	// as it is spelt, which can be read without the lock.
	version uint64
	named   atomic.Pointer[string]
	schema  *Schema
	order   *fieldOrder // of the schema
	courses *commonEnrollments
	units   *commonUnits
	users   ordered.Map[UserID, filedUser]
	reports map[UserID]map[UserID]struct{} // by manager
	trees   map[Tree][]Unit                // by ID
	// written is who was written about, by version, from the version after writtenFrom on; unitsAt is the
	// version that last replaced units.
	written     []writtenUser
	writtenFrom uint64
	unitsAt     uint64

	// The groups. A *Group and a *Standing are never written to once they are filed.
	groups     ordered.Map[GroupID, Group]
	references *references
	// moment counts the writes to groups, and filed is which group each wrote, from the one after filedFrom on.
	// The moment can be read without the lock.
	moment    atomic.Uint64
	filed     []GroupID
	filedFrom uint64
	standings *pairs.Table[GroupID, UserID, Standing]

	// The feed and the audit. Entries are added behind, and a stream may still read those before; acts
	// of one group stand in a list of their own as well.
	feed   ordered.Log[memoryChange]
	last   uint64 // the number of the last change ever written
	acts   map[GroupID][]memoryAct
	lastOf uint64 // the number of the last act ever written

	// A *Note is never written to once it is filed.
	notes map[noteName]*Note
}

var (
	_ Directory = (*Memory)(nil)
	_ People    = (*Memory)(nil)
	_ Store     = (*Memory)(nil)
	_ Versioned = (*Memory)(nil)
	_ Journaled = (*Memory)(nil)
	_ Reporting = (*Memory)(nil)
)

// writtenUser is a user whom a version of the people brought, changed or took away.
type writtenUser struct {
	version uint64
	user    UserID
}

// memoryAct is an act with its place in the audit; the cursor is spelt when it is read.
type memoryAct struct {
	number uint64
	act    Act
}

// everyGroup is where the acts of all groups stand, those about the tenant among them.
const everyGroup GroupID = ""

// noteName is what a note is kept by.
type noteName struct {
	kind  NoteKind
	group GroupID
	key   string
}

// NewMemory returns an empty Memory: nobody, no groups, and a schema of the reserved fields alone.
func NewMemory() *Memory {
	m := &Memory{
		schema:     &Schema{},
		order:      new(fieldOrder),
		courses:    newCommonEnrollments(),
		units:      newCommonUnits(),
		reports:    make(map[UserID]map[UserID]struct{}),
		trees:      make(map[Tree][]Unit),
		references: newReferences(nil),
		standings:  pairs.New[GroupID, UserID, Standing](),
		acts:       make(map[GroupID][]memoryAct),
		notes:      make(map[noteName]*Note),
	}
	m.named.Store(new("0"))
	return m
}

// Group returns one group, the caller's own, or an error that wraps [ErrNotFound].
func (m *Memory) Group(ctx context.Context, id GroupID) (Group, error) {
	filed, err := m.group(ctx, id)
	if err == nil && filed == nil {
		err = fmt.Errorf("group %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return Group{}, err
	}
	g := *filed
	g.Criteria, g.State.Lately = g.Criteria.clone(), slices.Clone(g.State.Lately)
	return g, nil
}

// group is Group as it is filed; nil is that there is none.
func (m *Memory) group(ctx context.Context, id GroupID) (*Group, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.groups.Get(id), nil
}

// Groups yields every group by ID. Their criteria are shared and must not be written to.
func (m *Memory) Groups(ctx context.Context) iter.Seq2[Group, error] {
	return memoryStream(ctx, func() (iter.Seq[ordered.Row[GroupID, Group]], error) {
		return m.groups.Rows().All(), nil
	}, &m.mu, func(r ordered.Row[GroupID, Group], yield func(Group, error) bool) bool { return yield(*r.Value, nil) })
}

// Standings yields what is stored about the users of a group.
func (m *Memory) Standings(ctx context.Context, id GroupID, after UserID) iter.Seq2[Standing, error] {
	return memoryStream(ctx, m.of(id, after), &m.mu, func(p pairs.Pair[UserID, Standing], yield func(Standing, error) bool) bool {
		return yield(standingOf(id, p.Key, p.Cell), nil)
	})
}

// Members yields the membership of a group.
func (m *Memory) Members(ctx context.Context, id GroupID, after UserID) iter.Seq2[Member, error] {
	return memoryStream(ctx, m.of(id, after), &m.mu, func(p pairs.Pair[UserID, Standing], yield func(Member, error) bool) bool {
		method := memberOf(p.Cell)
		return method == Outside || yield(Member{p.Key, method}, nil)
	})
}

// of takes what is stored about the users of a group.
func (m *Memory) of(id GroupID, after UserID) func() (iter.Seq[pairs.Pair[UserID, Standing]], error) {
	return func() (iter.Seq[pairs.Pair[UserID, Standing]], error) { return m.standings.Of(id).After(after), nil }
}

// StandingsOf yields what is stored about a user, group by group, in time proportional to that.
func (m *Memory) StandingsOf(ctx context.Context, id UserID) iter.Seq2[Standing, error] {
	return memoryStream(ctx, func() (iter.Seq[pairs.Pair[GroupID, Standing]], error) {
		return m.standings.In(id).All(), nil
	}, &m.mu, func(p pairs.Pair[GroupID, Standing], yield func(Standing, error) bool) bool {
		return yield(standingOf(p.Key, id, p.Cell), nil)
	})
}

// Apply writes all or nothing; see the contract of [Store]. It takes time in proportion to what it is
// given and to the references that can be reached from a group that is saved, whatever the size of the
// groups. To delete a group takes time in proportion to its standings, and to forget a user in
// proportion to the feed, the audit and the users; the user is taken out of the directory as well.
func (m *Memory) Apply(ctx context.Context, c Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := c.compare(m.stored(c.Forget)); err != nil {
		return err
	}
	if err := m.refer(c.Writes); err != nil {
		return err
	}
	earlier := m.last
	for i := range c.Writes {
		m.apply(&c.Writes[i])
	}
	for i := range c.Notes {
		m.keep(c.Notes[i])
	}
	for _, a := range c.Acts {
		m.lastOf++
		a.Cursor = ""
		a.Before, a.After = slices.Clone(a.Before), slices.Clone(a.After)
		m.acts[everyGroup] = append(m.acts[everyGroup], memoryAct{m.lastOf, a})
		if a.Group != everyGroup {
			m.acts[a.Group] = append(m.acts[a.Group], memoryAct{m.lastOf, a})
		}
	}
	if c.Forget != "" {
		m.forget(c.Forget, c.Alias, earlier)
	}
	return nil
}

// stored is what a commit is compared with.
func (m *Memory) stored(forget UserID) Stored {
	return Stored{
		Group: m.groups.Get,
		Note:  func(kind NoteKind, group GroupID, key string) *Note { return m.notes[noteName{kind, group, key}] },
		Standing: func(yield func(GroupID) bool) {
			for p := range m.standings.In(forget).All() {
				if !yield(p.Key) {
					return
				}
			}
		},
	}
}

// refer brings the references up to date with the definitions of a commit, or leaves them as they are
// and says what is wrong with that.
func (m *Memory) refer(writes []Write) error {
	err := m.references.edit(writes)
	if err == nil {
		return nil
	}
	for i := range writes {
		w := &writes[i]
		if w.Save == nil && !w.Delete {
			continue
		}
		m.references.remove(w.Group)
		if stored := m.groups.Get(w.Group); stored != nil {
			m.references.put(*stored)
		}
	}
	return err
}

func (m *Memory) apply(w *Write) {
	m.feedChanges(w.Changes)
	if w.Delete {
		m.delete(w.Group)
		return
	}
	if w.compares() {
		return
	}
	g := w.Result(m.groups.Get(w.Group))
	if w.Save != nil {
		g.Criteria = g.Criteria.clone()
	}
	if w.State != nil {
		g.State.Lately = slices.Clone(g.State.Lately)
	}
	m.noteFiled(g.ID)
	if len(w.Standings) > 0 {
		m.standings.Put(w.Group, len(w.Standings), func(i int) pairs.Pair[UserID, Standing] {
			s := &w.Standings[i]
			return pairs.Pair[UserID, Standing]{Key: s.User, Cell: cellOf(s)}
		})
	}
	m.groups.Put(g.ID, &g)
}

// delete takes a group out, whose references are gone already.
func (m *Memory) delete(id GroupID) {
	m.standings.Drop(id)
	maps.DeleteFunc(m.notes, func(name noteName, _ *Note) bool { return name.group == id })
	m.noteFiled(id)
	m.groups.Put(id, nil)
}

// noteFiled remembers that a group is written, and forgets the older half of what it remembers where that is
// more than reading all groups.
func (m *Memory) noteFiled(id GroupID) {
	m.moment.Add(1)
	m.filed = append(m.filed, id)
	if len(m.filed) > 1024+2*m.groups.Len() {
		half := len(m.filed) / 2
		m.filed, m.filedFrom = slices.Clone(m.filed[half:]), m.filedFrom+uint64(half)
	}
}

// filedSince returns the groups that were written since a moment, those that are gone, and the moment now.
// With all it returns every group there is: so far back it does not go.
func (m *Memory) filedSince(moment uint64) (written []*Group, gone []GroupID, all bool, now uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if moment == 0 || moment < m.filedFrom {
		for row := range m.groups.Rows().All() {
			written = append(written, row.Value)
		}
		return written, nil, true, m.moment.Load()
	}
	ids := slices.Clone(m.filed[moment-m.filedFrom:])
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if g := m.groups.Get(id); g != nil {
			written = append(written, g)
		} else {
			gone = append(gone, id)
		}
	}
	return written, gone, false, m.moment.Load()
}

// keep files a note, or takes it out.
func (m *Memory) keep(n Note) {
	name := noteName{n.Kind, n.Group, n.Key}
	if len(n.Data) == 0 {
		delete(m.notes, name)
		return
	}
	n.Revision++
	n.Data = slices.Clone(n.Data)
	m.notes[name] = &n
}

// forget erases what is left of a user whose standings are gone: changes up to the one with the number
// earlier, and what acts say.
func (m *Memory) forget(id, alias UserID, earlier uint64) {
	if m.users.Get(id) != nil {
		m.nextVersion()
		m.fileUser(id, nil)
	}
	m.standings.Forget(id)
	// New lists: streams may be reading the old ones.
	var kept ordered.Log[memoryChange]
	for c := range m.feed.From(0) {
		if c.user != id || c.number > earlier {
			kept.Add(*c)
		}
	}
	m.feed = kept
	for group, list := range m.acts {
		if slices.ContainsFunc(list, func(a memoryAct) bool { return a.act.User == id }) {
			list = slices.Clone(list)
			for i := range list {
				if a := &list[i].act; a.User == id {
					a.User, a.Why, a.Before, a.After = alias, "", nil, nil
				}
			}
			m.acts[group] = list
		}
	}
}

// Acts yields the audit after a cursor, which must be one that this Memory has given out.
func (m *Memory) Acts(ctx context.Context, id GroupID, after string) iter.Seq2[Act, error] {
	return memoryStream(ctx, func() (iter.Seq[memoryAct], error) {
		list := m.acts[id]
		first, err := behind(after, m.lastOf, len(list), func(i int) uint64 { return list[i].number })
		return slices.Values(list[first:]), err
	}, &m.mu, func(a memoryAct, yield func(Act, error) bool) bool {
		a.act.Cursor = strconv.FormatUint(a.number, 10)
		a.act.Before, a.act.After = slices.Clone(a.act.Before), slices.Clone(a.act.After)
		return yield(a.act, nil)
	})
}

// behind is the first of so many rows that comes after a cursor, which is the number of a row, still there
// or not, up to the last that there ever was.
func behind(cursor string, last uint64, rows int, number func(int) uint64) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(cursor, 10, 64)
	if err != nil || n == 0 || n > last || cursor != strconv.FormatUint(n, 10) {
		return 0, fmt.Errorf("cursor %.64q %w: it is not one of this store", cursor, ErrValue)
	}
	return sort.Search(rows, func(i int) bool { return number(i) > n }), nil
}

// Notes yields the notes of a kind, of one group or of all. It takes time in proportion to all notes.
func (m *Memory) Notes(ctx context.Context, kind NoteKind, id GroupID) iter.Seq2[Note, error] {
	return memoryStream(ctx, func() (iter.Seq[*Note], error) {
		var found []*Note
		for name, n := range m.notes {
			if name.kind == kind && (id == everyGroup || name.group == id) {
				found = append(found, n)
			}
		}
		slices.SortFunc(found, func(a, b *Note) int {
			return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Key, b.Key))
		})
		return slices.Values(found), nil
	}, &m.mu, func(n *Note, yield func(Note, error) bool) bool {
		own := *n
		own.Data = slices.Clone(n.Data)
		return yield(own, nil)
	})
}

// memoryStream has show yield the rows, or pass over them. They are taken with the lock held when a loop
// begins, and shown without it.
func memoryStream[R, T any](ctx context.Context, take func() (iter.Seq[R], error), mu *sync.RWMutex, show func(R, func(T, error) bool) bool) iter.Seq2[T, error] {
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
			if !show(r, yield) {
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
