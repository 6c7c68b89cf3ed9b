package insight

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A rehearsal is a Store in which runs can be tried: it shows what another has, and keeps to itself what is written. It has
// some of the groups, as they were when it began, and none of their notes, and holds nothing back. It is for one who
// writes to it between runs.
type rehearsal struct {
	base   groups.Store
	ids    []groups.GroupID // ascending
	groups map[groups.GroupID]*groups.Group
	// Of each group, the standings that were written, blank ones too.
	standings map[groups.GroupID]map[groups.UserID]groups.Standing
	notes     map[noteName]*groups.Note
	// only are the users about whom it has anything, or nil for everybody. That others are members counts.
	only   map[groups.UserID]bool
	writes int // how many standings were written
}

type noteName struct {
	kind  groups.NoteKind
	group groups.GroupID
	key   string
}

// newRehearsal is one of the groups named and those that they refer to, however far; with none named, of all.
func newRehearsal(ctx context.Context, base groups.Store, named ...groups.GroupID) (*rehearsal, error) {
	r := &rehearsal{
		base: base, groups: map[groups.GroupID]*groups.Group{},
		standings: map[groups.GroupID]map[groups.UserID]groups.Standing{}, notes: map[noteName]*groups.Note{},
	}
	for g, err := range base.Groups(ctx) {
		if err != nil {
			return nil, fmt.Errorf("read groups: %w", err)
		}
		g.State.Held = ""
		r.groups[g.ID] = &g
	}
	for _, id := range named {
		if r.groups[id] == nil {
			return nil, fmt.Errorf("group %q: %w", id, groups.ErrNotFound)
		}
	}
	if len(named) > 0 {
		needed := r.needed(named)
		maps.DeleteFunc(r.groups, func(id groups.GroupID, _ *groups.Group) bool { return !needed[id] })
	}
	r.ids = slices.Sorted(maps.Keys(r.groups))
	return r, nil
}

// needed are groups and all those that it takes to know who is in them.
func (r *rehearsal) needed(named []groups.GroupID) map[groups.GroupID]bool {
	beneath := map[groups.GroupID][]groups.GroupID{}
	for id, g := range r.groups {
		beneath[g.Parent] = append(beneath[g.Parent], id)
	}
	met, below := map[groups.GroupID]bool{}, map[groups.GroupID]bool{}
	var reach, reachBelow func(id groups.GroupID)
	reach = func(id groups.GroupID) {
		g := r.groups[id]
		if g == nil || met[id] {
			return
		}
		met[id] = true
		if g.Kind != groups.AutomaticGroup {
			return
		}
		named, orBelow := g.Criteria.References()
		for _, id := range named {
			reach(id)
		}
		for _, id := range orBelow {
			reachBelow(id)
		}
	}
	reachBelow = func(id groups.GroupID) {
		if below[id] {
			return
		}
		below[id] = true
		reach(id)
		for _, child := range beneath[id] {
			reachBelow(child)
		}
	}
	for _, id := range named {
		reach(id)
	}
	return met
}

func (r *rehearsal) Group(ctx context.Context, id groups.GroupID) (groups.Group, error) {
	if g := r.groups[id]; g != nil {
		return *g, ctx.Err()
	}
	return groups.Group{}, fmt.Errorf("group %q: %w", id, groups.ErrNotFound)
}

func (r *rehearsal) Groups(ctx context.Context) iter.Seq2[groups.Group, error] {
	return func(yield func(groups.Group, error) bool) {
		for _, id := range r.ids {
			if err := ctx.Err(); err != nil {
				yield(groups.Group{}, err)
				return
			}
			if !yield(*r.groups[id], nil) {
				return
			}
		}
	}
}

// Standings merges what is stored with what was written.
func (r *rehearsal) Standings(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	return func(yield func(groups.Standing, error) bool) {
		if r.groups[id] == nil {
			return
		}
		written := slices.DeleteFunc(slices.Sorted(maps.Keys(r.standings[id])), func(u groups.UserID) bool { return u <= after })
		// before yields what was written about users before one, or about all.
		before := func(u groups.UserID, all bool) bool {
			for ; len(written) > 0 && (all || written[0] < u); written = written[1:] {
				if st := r.standings[id][written[0]]; !st.Blank() && !yield(st, nil) {
					return false
				}
			}
			return true
		}
		for st, err := range r.stored(ctx, id, after) {
			if err != nil {
				yield(groups.Standing{}, err)
				return
			}
			if !before(st.User, false) {
				return
			}
			if len(written) > 0 && written[0] == st.User {
				continue
			}
			if !yield(st, nil) {
				return
			}
		}
		before("", true)
	}
}

// stored yields what the Store has about the users of a group, as far as the rehearsal is about them. The few that it is about
// are asked for one by one.
func (r *rehearsal) stored(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	if r.only == nil {
		return r.base.Standings(ctx, id, after)
	}
	return func(yield func(groups.Standing, error) bool) {
		for _, user := range slices.Sorted(maps.Keys(r.only)) {
			for st, err := range r.base.StandingsOf(ctx, user) {
				if (err != nil || st.Group == id && user > after) && !yield(st, err) {
					return
				}
			}
		}
	}
}

// has reports whether the rehearsal is about a user.
func (r *rehearsal) has(user groups.UserID) bool { return r.only == nil || r.only[user] }

func (r *rehearsal) StandingsOf(ctx context.Context, user groups.UserID) iter.Seq2[groups.Standing, error] {
	return func(yield func(groups.Standing, error) bool) {
		all := map[groups.GroupID]groups.Standing{}
		if r.has(user) {
			for st, err := range r.base.StandingsOf(ctx, user) {
				if err != nil {
					yield(groups.Standing{}, err)
					return
				}
				all[st.Group] = st
			}
		}
		for _, id := range r.ids {
			st, is := r.standings[id][user]
			if !is {
				st, is = all[id]
			}
			if is && !st.Blank() && !yield(st, nil) {
				return
			}
		}
	}
}

func (r *rehearsal) Members(ctx context.Context, id groups.GroupID, after groups.UserID) iter.Seq2[groups.Member, error] {
	return func(yield func(groups.Member, error) bool) {
		for st, err := range r.Standings(ctx, id, after) {
			if (err != nil || st.Member != groups.Outside) && !yield(groups.Member{User: st.User, Method: st.Member}, err) {
				return
			}
		}
	}
}

// Changes and Acts yield nothing: what happened is no matter of a rehearsal.
func (r *rehearsal) Changes(context.Context, string) iter.Seq2[groups.Change, error] {
	return func(func(groups.Change, error) bool) {}
}

func (r *rehearsal) Acts(context.Context, groups.GroupID, string) iter.Seq2[groups.Act, error] {
	return func(func(groups.Act, error) bool) {}
}

func (r *rehearsal) Notes(_ context.Context, kind groups.NoteKind, id groups.GroupID) iter.Seq2[groups.Note, error] {
	return func(yield func(groups.Note, error) bool) {
		names := slices.Collect(maps.Keys(r.notes))
		slices.SortFunc(names, func(a, b noteName) int {
			return strings.Compare(string(a.group)+"\x00"+a.key, string(b.group)+"\x00"+b.key)
		})
		for _, n := range names {
			if n.kind == kind && (id == "" || n.group == id) && !yield(*r.notes[n], nil) {
				return
			}
		}
	}
}

// grown is how many members, and automatic ones, a group has after changes: of all its members.
func grown(s groups.State, changes []groups.Change) (members, automatic int) {
	members, automatic = s.Members, s.Automatic
	for _, c := range changes {
		members += in(c.After) - in(c.Before)
		automatic += in(c.After, groups.Automatic) - in(c.Before, groups.Automatic)
	}
	return members, automatic
}

// in is 1 where a method is one of some, or with none named any but being outside, else 0.
func in(m groups.Method, of ...groups.Method) int {
	if slices.Contains(of, m) || len(of) == 0 && m != groups.Outside {
		return 1
	}
	return 0
}

var errRehearsal = errors.New("a rehearsal takes no definitions")

// Apply writes what a run has come to.
func (r *rehearsal) Apply(ctx context.Context, c groups.Commit) error {
	if err := errors.Join(ctx.Err(), c.Check()); err != nil {
		return err
	}
	for i := range c.Writes {
		if c.Writes[i].Save != nil || c.Writes[i].Delete || c.Forget != "" {
			return errRehearsal
		}
	}
	err := c.Compare(groups.Stored{
		Group: func(id groups.GroupID) *groups.Group { return r.groups[id] },
		Note: func(kind groups.NoteKind, id groups.GroupID, key string) *groups.Note {
			return r.notes[noteName{kind, id, key}]
		},
	})
	if err != nil {
		return err
	}
	for i := range c.Writes {
		w := &c.Writes[i]
		after := w.Result(r.groups[w.Group])
		after.State.Members, after.State.Automatic = grown(r.groups[w.Group].State, w.Changes)
		r.groups[w.Group] = &after
		if r.standings[w.Group] == nil {
			r.standings[w.Group] = map[groups.UserID]groups.Standing{}
		}
		r.writes += len(w.Standings)
		for _, st := range w.Standings {
			r.standings[w.Group][st.User] = st
		}
	}
	for _, n := range c.Notes {
		n.Revision++
		r.notes[noteName{n.Kind, n.Group, n.Key}] = &n
		if len(n.Data) == 0 {
			delete(r.notes, noteName{n.Kind, n.Group, n.Key})
		}
	}
	return nil
}
