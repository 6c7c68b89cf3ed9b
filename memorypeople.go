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

	"github.com/grouprules/groups/internal/ordered"
)

// This file holds the people of a Memory.

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
	return memoryStream(ctx, m.takeUsers, &m.mu, func(r ordered.Row[UserID, filedUser], yield func(User, error) bool) bool {
		return yield(r.Value.User, nil)
	})
}

// filedUsers is Users, with what is filed about them besides.
func (m *Memory) filedUsers(ctx context.Context) iter.Seq2[*filedUser, error] {
	return memoryStream(ctx, m.takeUsers, &m.mu, func(r ordered.Row[UserID, filedUser], yield func(*filedUser, error) bool) bool {
		return yield(r.Value, nil)
	})
}

// count is how many users there are.
func (m *Memory) count() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.users.Len()
}

func (m *Memory) takeUsers() (iter.Seq[ordered.Row[UserID, filedUser]], error) {
	return m.users.Rows().All(), nil
}

// User returns one user, or an error that wraps [ErrNotFound].
func (m *Memory) User(ctx context.Context, id UserID) (User, error) {
	u, err := m.filedUser(ctx, id)
	if err != nil {
		return User{}, err
	}
	return u.User, nil
}

// filedUser is User, with what is filed about them besides; nobody writes to that.
func (m *Memory) filedUser(ctx context.Context, id UserID) (*filedUser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.users.Get(id)
	if u == nil {
		return nil, fmt.Errorf("user %q: %w", id, ErrNotFound)
	}
	return u, nil
}

// Units yields every unit by tree and then by ID.
func (m *Memory) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return memoryStream(ctx, func() (iter.Seq[Unit], error) {
		var all []Unit
		for _, tree := range slices.Sorted(maps.Keys(m.trees)) {
			all = append(all, m.trees[tree]...)
		}
		return slices.Values(all), nil
	}, &m.mu, func(u Unit, yield func(Unit, error) bool) bool { return yield(u, nil) })
}

// Version counts the writes that touched people, units or schema.
func (m *Memory) Version(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return *m.named.Load(), nil
}

// nextVersion begins a write to the people. Whoever finds the new version finds all of it, since to read them they
// wait until it is written.
func (m *Memory) nextVersion() {
	m.version++
	name := strconv.FormatUint(m.version, 10)
	m.named.Store(&name)
}

// noteWritten remembers that this version wrote about a user, and forgets the older half of what it
// remembers where that is more than reading everybody.
func (m *Memory) noteWritten(id UserID) {
	m.written = append(m.written, writtenUser{m.version, id})
	if len(m.written) > 1024+2*m.users.Len() {
		half := m.written[len(m.written)/2:]
		m.writtenFrom = m.written[len(m.written)/2-1].version
		m.written = slices.Clone(half)
	}
}

// Since returns what was written after a version, as far as it is remembered.
func (m *Memory) Since(ctx context.Context, version string) (*Written, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	from, err := strconv.ParseUint(version, 10, 64)
	if err != nil || from < m.writtenFrom || from > m.version {
		return nil, nil
	}
	at, _ := slices.BinarySearchFunc(m.written, from+1, func(w writtenUser, v uint64) int { return cmp.Compare(w.version, v) })
	written := &Written{Units: m.unitsAt > from}
	if at < len(m.written) {
		written.Users = make([]UserID, 0, len(m.written)-at)
	}
	for _, w := range m.written[at:] {
		written.Users = append(written.Users, w.user)
	}
	slices.Sort(written.Users)
	written.Users = slices.Compact(written.Users)
	return written, nil
}

// Reports yields the IDs of those who report to the manager directly.
func (m *Memory) Reports(ctx context.Context, manager UserID) iter.Seq2[UserID, error] {
	return memoryStream(ctx, func() (iter.Seq[UserID], error) {
		return slices.Values(slices.Sorted(maps.Keys(m.reports[manager]))), nil
	}, &m.mu, func(id UserID, yield func(UserID, error) bool) bool { return yield(id, nil) })
}

// Write applies the change, or refuses it with everything that is wrong with it ([errors.Join]):
// unusable identifiers, users or units given twice, a unit filed under another tree than its own
// (blank is filled in), a schema that [Schema.Validate] refuses. Values are not compared with the
// schema: where they do not fit, evaluation reports it.
func (m *Memory) Write(ctx context.Context, c PeopleChange) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	trees, err := c.Check()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := *m.named.Load(); c.Base != "" && c.Base != now {
		return fmt.Errorf("people: %w: version %s was asked for, %s is stored", ErrConflict, c.Base, now)
	}
	if c.Schema != nil || len(c.Upsert)+len(c.Deactivate)+len(c.Remove)+len(trees) > 0 {
		m.nextVersion()
	}
	if c.Schema != nil {
		m.order.common = nil // those in this order keep what they have, and nobody is filed in it
		m.schema, m.order = c.Schema, newFieldOrder(c.Schema)
	}
	for i := range c.Upsert {
		u, stored := &filedUser{User: c.Upsert[i]}, m.users.Get(c.Upsert[i].ID) // the slice stays the caller's, the maps in it do not
		if stored == nil {
			stored = new(filedUser)
		}
		m.order.file(u, stored)
		m.courses.file(u, stored)
		m.units.file(u, stored)
		m.fileUser(u.ID, u)
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
	if len(trees) > 0 {
		m.unitsAt = m.version
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
func (m *Memory) fileUser(id UserID, u *filedUser) {
	var before, after UserID
	if u != nil {
		after, _ = u.Manager.ID()
		m.order.hold(u)
	}
	if old := m.users.Get(id); old != nil {
		before, _ = old.Manager.ID()
		m.order.release(old)
	}
	m.users.Put(id, u)
	m.noteWritten(id)
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

// Check reports everything that is wrong with a change: what [People] refuses whatever is stored. It is for those who
// write one, and returns the trees as they are to be stored: their units sorted by ID, with the tree's name in each.
func (c *PeopleChange) Check() (map[Tree][]Unit, error) {
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
	var trees []Tree // of the user at hand
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
		trees = slices.AppendSeq(trees[:0], maps.Keys(u.Units))
		slices.Sort(trees)
		for _, tree := range trees {
			of(shared("tree", string(tree)))
			for _, unit := range u.Units[tree] {
				of(shared("unit", unit))
			}
		}
		for _, e := range u.Enrollments.list {
			of(shared("course", e.Course))
		}
	}
	stored := make(map[Tree][]Unit, len(c.Trees))
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
		stored[tree] = units
	}
	return stored, errors.Join(errs...)
}
