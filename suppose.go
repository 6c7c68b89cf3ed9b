package groups

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Supposition is a change that nobody has made: what would become of units, options and courses, of whoever has them,
// of the trees, and of the groups that stand beneath others. See [Evaluator.Suppose].
type Supposition struct {
	// Units would be others, by tree: whoever sits in one sits in the other instead, or with a blank one in none, and it
	// is not in the tree any more.
	Units map[Tree]map[string]string `json:"units,omitempty"`
	// Parents would be above units that stay, by tree; blank is the top.
	Parents map[Tree]map[string]string `json:"parents,omitempty"`
	// Options would be others, by choice field: whoever has one has the other instead, or with a blank one none.
	Options map[string]map[string]string `json:"options,omitempty"`
	// Courses would be gone, with all records in them.
	Courses []string `json:"courses,omitempty"`
	// GroupParents would be the parents of groups; blank is none.
	GroupParents map[GroupID]GroupID `json:"groupParents,omitempty"`
}

// Suppose works out what processing the groups would write now, and what it would write then, if all were as supposed: of
// all groups that are due, or of the named ones, also where they wait for their schedule, those in which the two differ,
// in the same order. The [Guard] holds nothing back, nor keeps what it holds, and nothing is written. It does not change
// the schema: an option that nobody has answers as one that does not exist. A group, a tree or a choice field that does
// not exist is an error that wraps [ErrNotFound], and parents in a ring are a [*CycleError]; an error of a source leaves
// no result at all.
func (e *Evaluator) Suppose(ctx context.Context, s Supposition, groups ...GroupID) (now, then []Diff, err error) {
	other := *e
	other.opts.Guard = new(Guard)
	look := func(dir Directory, parents map[GroupID]GroupID, groups []GroupID) (*run, error) {
		other.dir = dir
		return retried(func() (*run, error) { return other.look(ctx, parents, groups) })
	}
	schema, err := e.dir.Schema(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read schema: %w", err)
	}
	if err := s.check(schema); err != nil {
		return nil, nil, err
	}
	supposed, err := look(&supposed{e.dir, s}, s.GroupParents, groups)
	if err != nil {
		return nil, nil, err
	}
	var looked []GroupID
	for _, s := range supposed.order {
		if s.whole {
			looked = append(looked, s.ID)
		}
	}
	if len(looked) == 0 {
		return nil, nil, nil
	}
	actual, err := look(e.dir, nil, looked)
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(looked)
	for _, id := range looked {
		was, will := actual.groups[id].diff.listed(id), supposed.groups[id].diff.listed(id)
		if !was.same(&will) {
			now, then = append(now, was), append(then, will)
		}
	}
	return now, then, nil
}

// look evaluates the groups, or all that are due, with other parents and without a guard.
func (e *Evaluator) look(ctx context.Context, parents map[GroupID]GroupID, groups []GroupID) (*run, error) {
	var moved []Group
	for id, parent := range parents {
		g, err := e.store.Group(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", id, err)
		}
		g.Parent = parent
		moved = append(moved, g)
	}
	r, err := e.begin(ctx, moved)
	if err != nil {
		return nil, err
	}
	for _, g := range moved {
		if was := r.groups[g.ID].was; was == nil || was.Revision != g.Revision {
			return nil, errMoved
		}
		if err := r.refs.check(g.ID); err != nil {
			return nil, err
		}
	}
	for _, s := range r.order {
		s.whole, s.trusted = len(groups) == 0 && !s.waits, true
	}
	if err := r.choose(groups); err != nil {
		return nil, err
	}
	return r, r.evaluate(ctx)
}

// String returns what is supposed on one line.
func (s Supposition) String() string {
	var said []string
	say := func(what string, become map[string]string) {
		for _, id := range slices.Sorted(maps.Keys(become)) {
			to := "none"
			if become[id] != "" {
				to = strconv.Quote(become[id])
			}
			said = append(said, fmt.Sprintf("%s%q becomes %s", what, id, to))
		}
	}
	for _, tree := range slices.Sorted(maps.Keys(s.Units)) {
		say(fmt.Sprintf("unit of %s: ", tree), s.Units[tree])
	}
	for _, tree := range slices.Sorted(maps.Keys(s.Parents)) {
		say(fmt.Sprintf("parent in %s: of ", tree), s.Parents[tree])
	}
	for _, field := range slices.Sorted(maps.Keys(s.Options)) {
		say(fmt.Sprintf("option of %s: ", field), s.Options[field])
	}
	for _, course := range s.Courses {
		said = append(said, fmt.Sprintf("course %q is gone", course))
	}
	parents := make(map[string]string, len(s.GroupParents))
	for id, parent := range s.GroupParents {
		parents[string(id)] = string(parent)
	}
	if say("parent of group ", parents); len(said) == 0 {
		return "nothing"
	}
	return strings.Join(said, "; ")
}

// check refuses trees and fields that there are not.
func (s *Supposition) check(schema *Schema) error {
	for _, of := range []map[Tree]map[string]string{s.Units, s.Parents} {
		for _, tree := range slices.Sorted(maps.Keys(of)) {
			if !slices.Contains(schema.Trees, tree) {
				return fmt.Errorf("tree %q: %w", tree, ErrNotFound)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Options)) {
		if f, exists := schema.Field(name); !exists || f.Type != TypeChoice && f.Type != TypeMultiChoice {
			return fmt.Errorf("choice field %q: %w", name, ErrNotFound)
		}
	}
	return nil
}

// same reports whether two runs would write the same to a group.
func (d *Diff) same(e *Diff) bool {
	alike := func(a, b Change) bool {
		return a.User == b.User && a.Before == b.Before && a.After == b.After && a.Cause == b.Cause
	}
	return slices.EqualFunc(d.Joined, e.Joined, alike) && slices.EqualFunc(d.Left, e.Left, alike) && slices.EqualFunc(d.Switched, e.Switched, alike) &&
		slices.EqualFunc(d.Withheld, e.Withheld, alike) && slices.Equal(d.Undecided, e.Undecided)
}

// supposed is a Directory as it would be. It shows no optional capability of the Directory beneath.
type supposed struct {
	base Directory
	Supposition
}

func (d *supposed) Schema(ctx context.Context) (*Schema, error) { return d.base.Schema(ctx) }

func (d *supposed) Users(ctx context.Context) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		for u, err := range d.base.Users(ctx) {
			if d.revise(&u); !yield(u, err) {
				return
			}
		}
	}
}

func (d *supposed) User(ctx context.Context, id UserID) (User, error) {
	u, err := d.base.User(ctx, id)
	d.revise(&u)
	return u, err
}

func (d *supposed) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for u, err := range d.base.Units(ctx) {
			if _, gone := d.Supposition.Units[u.Tree][u.ID]; gone && err == nil {
				continue
			}
			if parent, moved := d.Parents[u.Tree][u.ID]; moved {
				u.Parent = parent
			}
			if !yield(u, err) {
				return
			}
		}
	}
}

// revise makes of a user who is read, and shared, who they would be.
func (s *Supposition) revise(u *User) {
	for tree, become := range s.Units {
		if list := u.Units[tree]; slices.ContainsFunc(list, changes(become)) {
			u.Units = maps.Clone(u.Units)
			u.Units[tree] = replaced(list, become)
		}
	}
	for field, become := range s.Options {
		if list, is := u.Fields[field].data.(choiceValue); is && slices.ContainsFunc(list, changes(become)) {
			u.Fields = maps.Clone(u.Fields)
			u.Fields[field] = Choice(replaced(list, become)...)
		}
	}
	u.Enrollments = s.without(u.Enrollments)
}

// changes reports whether something becomes another.
func changes(become map[string]string) func(string) bool {
	return func(id string) bool { _, is := become[id]; return is }
}

// replaced is a list with what its IDs become, each once. It is never nil: whoever has nothing left is known to have
// nothing.
func replaced(list []string, become map[string]string) []string {
	out := make([]string, 0, len(list))
	for _, id := range list {
		if now, is := become[id]; is {
			id = now
		}
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// without are the enrollments without records in the courses that are gone.
func (s *Supposition) without(e Enrollments) Enrollments {
	gone := func(r Enrollment) bool { return slices.Contains(s.Courses, r.Course) }
	if slices.ContainsFunc(e.list, gone) {
		e.list = slices.DeleteFunc(slices.Clone(e.list), gone)
	}
	return e
}
