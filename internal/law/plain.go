package law

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// People is the store side of a host's people.
type People interface {
	groups.Directory
	groups.People
}

// Plain is an evaluator over a directory and a store.
type Plain struct {
	// Open returns fresh stores.
	Open func() (People, groups.Store)
	// Wrap, if set, is what the evaluator sees of the directory.
	Wrap func(groups.Directory) groups.Directory
	// WrapStore, if set, is what it sees of the store.
	WrapStore func(groups.Store) groups.Store
	// Beside compares each run over groups with that of an evaluator that has no index.
	Beside bool
	// Looks has the evaluator keep no index.
	Looks bool
	// Several evaluators, as of so many processes, take turns, each with what it keeps of the people; zero is one.
	Several int
	// Guard is that of the evaluator; nil is the default.
	Guard *groups.Guard

	people People
	store  groups.Store
	evs    []*groups.Evaluator
	turn   int
	looks  *groups.Evaluator // at everybody
	now    time.Time
	users  map[groups.UserID]groups.User
	units  []groups.Unit
	run    *groups.Run // the last that was written
}

// OnMemory is the evaluator over the store of package groups. Its guard holds nothing: the page knows of none.
func OnMemory() *Plain {
	open := func() (People, groups.Store) {
		m := groups.NewMemory()
		return m, m
	}
	return &Plain{Open: open, Guard: &groups.Guard{}}
}

// Dated hides every capability of a directory but its versions.
func Dated(d groups.Directory) groups.Directory {
	return struct {
		groups.Directory
		groups.Versioned
	}{d, d.(groups.Versioned)}
}

// Journaled hides every capability of a directory but its versions and its journal.
func Journaled(d groups.Directory) groups.Directory {
	return struct {
		groups.Directory
		groups.Versioned
		groups.Journaled
	}{d, d.(groups.Versioned), d.(groups.Journaled)}
}

// BareStore hides whatever else a store is.
func BareStore(s groups.Store) groups.Store { return struct{ groups.Store }{s} }

// Bare hides every capability of a directory.
func Bare(d groups.Directory) groups.Directory { return struct{ groups.Directory }{d} }

var background = context.Background()

// Load saves the people, the groups and what is stored about them.
func (p *Plain) Load(t oracle.Tenant) error {
	p.people, p.store = p.Open()
	var dir groups.Directory = p.people
	if p.Wrap != nil {
		dir = p.Wrap(dir)
	}
	store := p.store
	if p.WrapStore != nil {
		store = p.WrapStore(store)
	}
	p.now = t.Now
	options := groups.Options{Now: func() time.Time { return p.now }, Zone: t.Zone, Exclusions: t.Exclusions, Guard: p.Guard}
	if p.Looks {
		options.IndexBytes = -1
	}
	p.evs = nil
	for range max(1, p.Several) {
		p.evs = append(p.evs, groups.NewEvaluator(dir, store, &options))
	}
	options.IndexBytes = -1
	p.looks = groups.NewEvaluator(dir, store, &options)
	p.users, p.units = map[groups.UserID]groups.User{}, nil
	if err := p.people.Write(background, groups.PeopleChange{Schema: t.Schema}); err != nil {
		return err
	}
	if err := p.People(t.Users, t.Units, Touched{}); err != nil {
		return err
	}
	for _, g := range t.Groups {
		if err := p.Save(g); err != nil {
			return err
		}
	}
	for _, g := range t.Groups {
		saved, err := p.store.Group(background, g.ID)
		if err != nil {
			return err
		}
		w := groups.Write{Group: g.ID, Revision: saved.Revision, Was: &saved.State}
		state := groups.State{Revision: saved.Revision, Live: t.Live[g.ID]}
		w.State = &state
		for _, u := range t.Everybody() {
			if st := t.Stored.At(g.ID, u); !st.Blank() {
				w.Standings = append(w.Standings, st)
			}
		}
		if err := p.store.Apply(background, groups.Commit{Writes: []groups.Write{w}}); err != nil {
			return err
		}
	}
	return nil
}

// ev is the evaluator whose turn it is.
func (p *Plain) ev() *groups.Evaluator {
	p.turn++
	return p.evs[p.turn%len(p.evs)]
}

// People writes what is different, and only that.
func (p *Plain) People(users []groups.User, units []groups.Unit, _ Touched) error {
	c := groups.PeopleChange{Trees: map[groups.Tree][]groups.Unit{}}
	kept := map[groups.UserID]bool{}
	for _, u := range users {
		kept[u.ID] = true
		if old, ok := p.users[u.ID]; !ok || !old.Equal(u) {
			c.Upsert = append(c.Upsert, u)
		}
		p.users[u.ID] = u
	}
	for id := range p.users {
		if !kept[id] {
			c.Remove = append(c.Remove, id)
			delete(p.users, id)
		}
	}
	if !slices.Equal(p.units, units) {
		p.units = slices.Clone(units)
		for _, tree := range trees {
			c.Trees[tree] = []groups.Unit{}
		}
		for _, u := range units {
			c.Trees[u.Tree] = append(c.Trees[u.Tree], u)
		}
	}
	return p.people.Write(background, c)
}

// Save saves over whatever revision there is.
func (p *Plain) Save(g groups.Group) error {
	saved, err := p.store.Group(background, g.ID)
	switch {
	case err == nil:
		g.Revision = saved.Revision
	case errors.Is(err, groups.ErrNotFound):
		g.Revision = 0
	default:
		return err
	}
	_, err = p.ev().Save(background, g, "law")
	return err
}

// Delete deletes the group in whatever revision it is.
func (p *Plain) Delete(g groups.GroupID) (refused bool, err error) {
	saved, err := p.store.Group(background, g)
	if err != nil {
		return false, err
	}
	err = p.ev().Delete(background, g, saved.Revision, "admin")
	if errors.Is(err, groups.ErrReferred) {
		return true, nil
	}
	return false, err
}

// Clock sets the time.
func (p *Plain) Clock(now time.Time) { p.now = now }

// Preview evaluates all groups.
func (p *Plain) Preview() (Report, error) {
	return p.beside(nil, func() (*groups.Run, error) { return p.ev().Evaluate(background) })
}

// Process processes groups.
func (p *Plain) Process(ids ...groups.GroupID) (Report, error) {
	return p.beside(ids, func() (*groups.Run, error) { return p.ev().Process(background, ids...) })
}

// beside reports a run over groups, and compares it with a look at everybody.
func (p *Plain) beside(ids []groups.GroupID, do func() (*groups.Run, error)) (Report, error) {
	var want *groups.Run
	if p.Beside {
		var err error
		if want, err = p.looks.Evaluate(background, ids...); err != nil {
			return Report{}, err
		}
	}
	got, err := do()
	p.run = got
	if err == nil && want != nil {
		for i := range got.Diffs {
			for _, list := range [][]groups.Change{got.Diffs[i].Joined, got.Diffs[i].Left, got.Diffs[i].Switched} {
				for j := range list {
					list[j].ID = "" // given when a change is written
				}
			}
		}
		if at := Difference(want, got); at != "" {
			return Report{}, fmt.Errorf("the index finds something else than a look at everybody: %s", at)
		}
	}
	return report(got, err)
}

// Difference says where two runs first tell something else, all that they tell compared; blank is nowhere.
func Difference(want, got *groups.Run) string {
	part := func(what string, a, b any) string {
		w, err1 := json.MarshalIndent(a, "", " ")
		g, err2 := json.MarshalIndent(b, "", " ")
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Sprintf("%s: %v", what, err)
		}
		if bytes.Equal(w, g) {
			return ""
		}
		wants, gots := strings.Split(string(w), "\n"), strings.Split(string(g), "\n")
		at := 0
		for at < min(len(wants), len(gots))-1 && wants[at] == gots[at] {
			at++
		}
		return fmt.Sprintf("%s, line %d: want %s, got %s", what, at+1, wants[at], gots[at])
	}
	for i := range min(len(want.Diffs), len(got.Diffs)) {
		if at := part(fmt.Sprintf("diff of %s", want.Diffs[i].Group), want.Diffs[i], got.Diffs[i]); at != "" {
			return at
		}
	}
	return part("run", want, got)
}

// Changed tells the evaluator what is touched.
func (p *Plain) Changed(touched Touched) (Report, error) {
	var err error
	p.run, err = p.ev().Changed(background, touched)
	return report(p.run, err)
}

func report(r *groups.Run, err error) (Report, error) {
	if err != nil {
		return Report{}, err
	}
	out := Report{Moves: map[Move]bool{}, Undecided: map[Place]bool{}, Next: r.Next}
	for _, c := range r.Changes() {
		m := Move{Place{c.Group, c.User}, c.Before, c.After}
		if out.Moves[m] {
			return out, fmt.Errorf("%v is reported twice", m)
		}
		out.Moves[m] = true
		if kind := kindOf(c.Before, c.After); kind != c.Kind {
			return out, fmt.Errorf("%v is called %v", m, c.Kind)
		}
	}
	for _, d := range r.Diffs {
		for _, u := range d.Undecided {
			out.Undecided[Place{d.Group, u.User}] = true
		}
	}
	return out, nil
}

func kindOf(before, after groups.Method) groups.ChangeKind {
	switch {
	case before == groups.Outside:
		return groups.Joined
	case after == groups.Outside:
		return groups.Left
	}
	return groups.Switched
}

// Assign assigns one user.
func (p *Plain) Assign(g groups.GroupID, u groups.UserID, until time.Time) error {
	_, err := p.ev().Assign(background, g, groups.Decision{By: "law", Until: until, Replace: true}, u)
	return err
}

// Unassign takes one assignment away.
func (p *Plain) Unassign(g groups.GroupID, u groups.UserID) error {
	_, err := p.ev().Unassign(background, g, "law", u)
	return err
}

// Exclude excludes one user.
func (p *Plain) Exclude(g groups.GroupID, u groups.UserID) error {
	_, err := p.ev().Exclude(background, g, groups.Decision{By: "law", Replace: true}, u)
	return err
}

// Readmit takes one exclusion away.
func (p *Plain) Readmit(g groups.GroupID, u groups.UserID) error {
	_, err := p.ev().Readmit(background, g, "law", u)
	return err
}

// TakeOut takes one user out, or is refused.
func (p *Plain) TakeOut(g groups.GroupID, u groups.UserID) (refused bool, err error) {
	_, err = p.ev().TakeOut(background, g, "law", u)
	if errors.Is(err, groups.ErrEligible) {
		return true, nil
	}
	return false, err
}

// Forget erases one user from all groups.
func (p *Plain) Forget(u groups.UserID) error { return p.ev().Forget(background, u, "admin") }

// Stored reads all standings.
func (p *Plain) Stored() (oracle.Stored, error) {
	all, err := collect(p.store.Groups(background))
	out := oracle.Stored{}
	for _, g := range all {
		rows, failed := collect(p.store.Standings(background, g.ID, ""))
		err = errors.Join(err, failed)
		for _, st := range rows {
			if st.Blank() {
				return nil, fmt.Errorf("a blank standing is stored: %+v", st)
			}
			out.Put(st)
		}
	}
	return out, err
}

// Definitions reads all groups.
func (p *Plain) Definitions() ([]groups.Group, error) {
	all, err := collect(p.store.Groups(background))
	for i := range all {
		all[i].State = groups.State{}
	}
	return all, err
}

// Members reads all memberships, by group, by page and by user, and refuses three answers.
func (p *Plain) Members() (map[groups.GroupID]map[groups.UserID]groups.Method, error) {
	out := map[groups.GroupID]map[groups.UserID]groups.Method{}
	all, err := collect(p.store.Groups(background))
	if err != nil {
		return nil, err
	}
	seen := map[groups.UserID]bool{}
	rows := 0
	for _, g := range all {
		out[g.ID] = map[groups.UserID]groups.Method{}
		members, err := collect(p.ev().Members(background, g.ID))
		if err != nil {
			return nil, err
		}
		var paged []groups.Member
		for after := groups.UserID(""); ; after = paged[len(paged)-1].User {
			page, err := p.ev().MembersPage(background, g.ID, after, 2)
			if err != nil {
				return nil, err
			}
			if paged = append(paged, page...); len(page) < 2 {
				break
			}
		}
		if !slices.Equal(members, paged) {
			return nil, fmt.Errorf("group %s: members %v, by page %v", g.ID, members, paged)
		}
		for _, m := range members {
			out[g.ID][m.User] = m.Method
			seen[m.User] = true
			rows++
		}
	}
	for u := range seen {
		of, err := collect(p.ev().GroupsOf(background, u))
		if err != nil {
			return nil, err
		}
		for _, st := range of {
			if out[st.Group][u] != st.Member {
				return nil, fmt.Errorf("user %s is %v of %s, the group says %v", u, st.Member, st.Group, out[st.Group][u])
			}
			rows--
		}
	}
	if rows != 0 {
		return nil, fmt.Errorf("%d memberships are not among those of their users", rows)
	}
	return out, nil
}

// Feed reads the changes from the beginning.
func (p *Plain) Feed() ([]groups.Change, error) { return collect(p.store.Changes(background, "")) }

func collect[T any](stream iter.Seq2[T, error]) ([]T, error) {
	var list []T
	for row, err := range stream {
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, nil
}
