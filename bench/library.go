package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/bench/workload"
)

// library is the library itself, by its public API alone: people, groups and memberships in a store, and
// an Evaluator.
type library struct {
	w       *workload.World
	people  people
	store   groups.Store
	close   func() error
	ev      *groups.Evaluator
	rules   []*groups.Rule
	view    *groups.View // for single checks, made for the first
	asked   []groups.User
	ids     []groups.UserID
	groups  []groups.GroupID
	users   map[groups.UserID]int32
	numbers map[groups.GroupID]int32
	manual  map[groups.GroupID]int32
	members []int
}

const (
	orgTree  groups.Tree = "org"
	finished             = groups.Completed
	enrolled             = "enrolled"
)

// people are those of a tenant.
type people interface {
	groups.Directory
	groups.People
}

// openLibrary is the library over a Memory.
func openLibrary(ctx context.Context, w *workload.World) (Peer, error) {
	m := groups.NewMemory()
	l := newLibrary(w)
	return l.open(ctx, m, m, l.everybody(), func() error { return nil })
}

func newLibrary(w *workload.World) *library {
	l := &library{
		w: w, ids: make([]groups.UserID, len(w.Users)), users: make(map[groups.UserID]int32, len(w.Users)),
		groups: make([]groups.GroupID, len(w.Groups)), numbers: make(map[groups.GroupID]int32, len(w.Groups)),
		manual: make(map[groups.GroupID]int32, w.Manual),
	}
	for i := range l.ids {
		l.ids[i] = userID(int32(i))
		l.users[l.ids[i]] = int32(i)
	}
	return l
}

// everybody is everybody, before anybody changed.
func (l *library) everybody() []groups.User {
	all := make([]groups.User, len(l.w.Users))
	for i := range all {
		all[i] = l.user(int32(i), &l.w.Users[i])
	}
	return all
}

// open loads the world before anybody changed, with its memberships, and processes it: nobody may
// move, which proves that the library finds the same members.
func (l *library) open(ctx context.Context, p people, s groups.Store, everybody []groups.User, stop func() error) (_ Peer, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, stop())
		}
	}()
	w := l.w
	l.people, l.store, l.close = p, s, stop
	schema := librarySchema()
	err = p.Write(ctx, groups.PeopleChange{Schema: schema, Upsert: everybody, Trees: map[groups.Tree][]groups.Unit{orgTree: l.units()}})
	if err != nil {
		return nil, err
	}
	l.ev = l.evaluator()
	for i := range w.Groups {
		g := groups.Group{
			ID: groups.GroupID(fmt.Sprintf("g%05d", i)), Name: "group", Kind: groups.AutomaticGroup, Status: groups.Active,
			Deactivated: groups.DropAutomatic, Criteria: libraryCriteria(&w.Groups[i]),
		}
		l.groups[i], l.numbers[g.ID] = g.ID, int32(i)
		if _, err := l.ev.Save(ctx, g, "bench"); err != nil {
			return nil, err
		}
		rule, err := schema.Compile(g.Criteria)
		if err != nil {
			return nil, err
		}
		l.rules = append(l.rules, rule)
	}
	for i := range w.Manual {
		l.manual[manualID(i)] = i
		g := groups.Group{ID: manualID(i), Name: "group", Status: groups.Active, Deactivated: groups.DropAutomatic}
		if _, err := l.ev.Save(ctx, g, "bench"); err != nil {
			return nil, err
		}
	}
	if err := l.fill(ctx); err != nil {
		return nil, err
	}
	run, err := l.ev.Process(ctx)
	if err != nil {
		return nil, err
	}
	if !run.Empty() {
		return nil, fmt.Errorf("%w: other members are found than there are, so that they change: %+v", ErrDisagreement, run.Changes()[0])
	}
	return l, nil
}

func libraryNow() time.Time {
	return time.Unix(int64(workload.Today)*86_400, 0).UTC().Add(12 * time.Hour)
}

// evaluator is one whose guard is off: it would hold groups back, and others have none.
func (l *library) evaluator() *groups.Evaluator {
	return groups.NewEvaluator(l.people, l.store, &groups.Options{Now: libraryNow, Guard: &groups.Guard{}})
}

// fill stores the memberships and assignments, of groups that are live as they are once they were processed.
func (l *library) fill(ctx context.Context) error {
	write := func(id groups.GroupID, standings []groups.Standing) error {
		w := groups.Write{Group: id, Revision: 1, Standings: standings, State: &groups.State{Live: true}}
		return l.store.Apply(ctx, groups.Commit{Writes: []groups.Write{w}})
	}
	by := &groups.Assignment{By: "bench", At: libraryNow()}
	var off []int32
	for i := range l.w.Users {
		if !l.w.Users[i].Active {
			off = append(off, int32(i))
		}
	}
	for g, id := range l.groups {
		users := slices.Concat(l.w.Members[g], off)
		slices.Sort(users)
		var standings []groups.Standing
		for _, user := range slices.Compact(users) {
			if s := l.standing(g, user, by); !s.Blank() {
				standings = append(standings, s)
			}
		}
		if err := write(id, standings); err != nil {
			return err
		}
	}
	in := make([][]groups.Standing, l.w.Manual)
	for i := range l.w.Users {
		for _, g := range l.w.Users[i].Manual {
			in[g] = append(in[g], groups.Standing{
				Group: manualID(g), User: l.ids[i], Assignment: by, Population: groups.Manual, Member: groups.Manual,
			})
		}
	}
	for g, standings := range in {
		if err := write(manualID(int32(g)), standings); err != nil {
			return err
		}
	}
	return nil
}

// standing is what a run would have left of a user who is a member, or deactivated: for them the bit is
// kept all the same.
func (l *library) standing(g int, user int32, by *groups.Assignment) groups.Standing {
	u := &l.w.Users[user]
	s := groups.Standing{Group: l.groups[g], User: l.ids[user], Automatic: true}
	assigned := l.w.IsAssigned(g, user)
	if assigned || !u.Active {
		s.Automatic = l.w.Verdict(&l.w.Groups[g], user, u) == workload.Yes
	}
	switch {
	case assigned:
		s.Assignment, s.Population, s.Member = by, groups.Manual, groups.Manual
	case u.Active:
		s.Population, s.Member = groups.Automatic, groups.Automatic
	}
	return s
}

// units are the org tree.
func (l *library) units() []groups.Unit {
	units := make([]groups.Unit, len(l.w.Units.Parents))
	for i, p := range l.w.Units.Parents {
		units[i] = groups.Unit{Tree: orgTree, ID: unitID(int32(i))}
		if p >= 0 {
			units[i].Parent = unitID(p)
		}
	}
	return units
}

// look makes what single checks look at: the people who may be asked about, the trees and lines.
func (l *library) look() {
	lines := make([]groups.User, len(l.w.Users))
	for i := range lines {
		lines[i] = groups.User{ID: l.ids[i], Manager: l.manager(int32(i))}
	}
	for i := range min(checkedUsers, len(l.w.Users)) {
		l.asked = append(l.asked, l.user(int32(i), &l.w.Users[i]))
	}
	l.view = &groups.View{
		Now: libraryNow(), Trees: map[groups.Tree]*groups.Hierarchy{orgTree: groups.NewTree(l.units()...)},
		Lines: groups.NewLines(lines...), Memberships: l,
	}
}

// MemberOf answers conditions on manual groups for single checks.
func (l *library) MemberOf(u groups.UserID, g groups.GroupID, _ bool) groups.Verdict {
	if slices.Contains(l.w.Users[l.users[u]].Manual, l.manual[g]) {
		return groups.Yes
	}
	return groups.No
}

func (l *library) Learning(changes []workload.Change) func(context.Context) error {
	up := make([]groups.User, len(changes))
	for i := range changes {
		up[i] = l.user(changes[i].User, &changes[i].Now)
	}
	return func(ctx context.Context) error { return l.people.Write(ctx, groups.PeopleChange{Upsert: up}) }
}

// Warm has somebody count, for which the index takes in what changed; nothing is decided.
func (l *library) Warm(ctx context.Context) error {
	_, err := l.Counting(&l.w.Groups[0], len(l.w.Users))(ctx)
	return err
}

// Cool begins with a new Evaluator of the same store.
func (l *library) Cool() error {
	l.ev = l.evaluator()
	return nil
}

func (l *library) Full(ctx context.Context, r Range) ([]Move, error) {
	run, err := l.ev.Evaluate(ctx)
	if err != nil {
		return nil, err
	}
	l.members = l.members[:0]
	for i := range run.Diffs {
		if _, is := l.numbers[run.Diffs[i].Group]; is {
			l.members = append(l.members, run.Diffs[i].Members)
		}
	}
	return l.moves(run), nil
}

// Members are those that the last full recalculation counted, by group.
func (l *library) Members() []int { return l.members }

func (l *library) moves(run *groups.Run) []Move {
	var moves []Move
	for i := range run.Diffs {
		d := &run.Diffs[i]
		group := l.numbers[d.Group]
		for _, list := range [][]groups.Change{d.Joined, d.Left} {
			for j := range list {
				moves = append(moves, Move{group, userNumber(list[j].User), list[j].Kind == groups.Joined})
			}
		}
	}
	return moves
}

// Touched processes the change: memberships and the feed are written as well.
func (l *library) Touched(ctx context.Context, users []int32, _ int) ([]Move, error) {
	t := groups.Touched{Users: make([]groups.UserID, len(users))}
	for i, u := range users {
		t.Users[i] = l.ids[u]
	}
	run, err := l.ev.Changed(ctx, t)
	if err != nil {
		return nil, err
	}
	return l.moves(run), nil
}

func (l *library) Counting(c *workload.Criteria, users int) func(context.Context) (int, error) {
	count := l.Doubting(c, users)
	return func(ctx context.Context) (int, error) {
		n, err := count(ctx)
		return n.hold, err
	}
}

// Doubting is one count of the library, which tells both.
func (l *library) Doubting(c *workload.Criteria, _ int) func(context.Context) (tally, error) {
	draft := groups.Group{
		ID: "draft", Name: "draft", Kind: groups.AutomaticGroup, Status: groups.Active,
		Deactivated: groups.DropAutomatic, Criteria: libraryCriteria(c),
	}
	return func(ctx context.Context) (tally, error) {
		t, err := l.ev.Count(ctx, draft)
		return tally{t.Members, t.Undecided}, err
	}
}

func (l *library) Member(ctx context.Context, group, user int) (bool, error) {
	return l.ev.IsMember(ctx, l.groups[group], l.ids[user])
}

func (l *library) Match(ctx context.Context, group, user int) (workload.Verdict, error) {
	v, err := l.ev.Match(ctx, l.groups[group], l.ids[user])
	return [...]workload.Verdict{groups.No: workload.No, groups.Unknown: workload.Unsure, groups.Yes: workload.Yes}[v], err
}

// MatchValue matches a rule and a user who need not be stored.
func (l *library) MatchValue(group, user int) (workload.Verdict, error) {
	if l.view == nil {
		l.look()
	}
	v := l.rules[group].Match(&l.asked[user], l.view)
	return [...]workload.Verdict{groups.No: workload.No, groups.Unknown: workload.Unsure, groups.Yes: workload.Yes}[v], nil
}

// Stop drops the Evaluator, and with it the index: who is asked about single checks is none of it.
func (l *library) Stop() { l.ev = nil }

func (l *library) Close() error { return l.close() }
