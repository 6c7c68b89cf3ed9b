package storetest

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/grouprules/groups"
)

// root is who deletes and erases in the cases, and alias what stands in the place of who was erased.
const (
	root  = "root"
	alias = "forgotten-1"
)

// noteKinds are the kinds of notes that package groups keeps.
var noteKinds = []groups.NoteKind{groups.NoteDraft, groups.NoteVersion, groups.NoteHeld}

// A desk works at a store for one case, which ends at the first thing that does not work.
type desk struct {
	t TB
	s groups.Store
}

// rows reads a stream to its end, which must not be an error.
func rows[T any](t TB, what string, stream iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for row, err := range stream {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		all = append(all, row)
	}
	return all
}

// commit is one commit of writes.
func commit(writes ...groups.Write) groups.Commit { return groups.Commit{Writes: writes} }

// saves is the write that saves a definition.
func saves(g groups.Group) groups.Write {
	return groups.Write{Group: g.ID, Revision: g.Revision, Save: &g}
}

// deletes is the write that deletes a group as it is now, with the leaves of its members.
func (d desk) deletes(id groups.GroupID) groups.Write {
	d.t.Helper()
	g := d.group(id)
	w := groups.Write{Group: id, Revision: g.Revision, Was: &g.State, Delete: true}
	for _, m := range d.members(id) {
		w.Changes = append(w.Changes, left(id, m, "deletion"))
	}
	return w
}

// forgets is the commit that forgets a user as things are now, with a blank standing in each of their
// groups, and a leave where they were a member.
func (d desk) forgets(id groups.UserID) groups.Commit {
	d.t.Helper()
	c := groups.Commit{Forget: id, Alias: alias}
	for _, st := range d.standingsOf(id) {
		w := d.write(st.Group, blank(id))
		w.Changes = nil
		if st.Member != groups.Outside {
			w.Changes = []groups.Change{left(st.Group, groups.Member{User: id, Method: st.Member}, "forgotten")}
		}
		c.Writes = append(c.Writes, w)
	}
	return c
}

// left is what a deletion, or forgetting, writes about a member.
func left(id groups.GroupID, m groups.Member, cause groups.Cause) groups.Change {
	return groups.Change{Group: id, User: m.User, Kind: groups.Left, Before: m.Method, Cause: cause, At: evening, By: root}
}

func (d desk) commit(c groups.Commit) {
	d.t.Helper()
	if err := d.s.Apply(d.t.Context(), c); err != nil {
		d.t.Fatalf("Apply: %v", err)
	}
}

// save saves a definition and returns what is stored then.
func (d desk) save(g groups.Group) groups.Group {
	d.t.Helper()
	if err := d.s.Apply(d.t.Context(), commit(saves(g))); err != nil {
		d.t.Fatalf("saving %q at revision %d: %v", g.ID, g.Revision, err)
	}
	return d.group(g.ID)
}

// create saves plain groups.
func (d desk) create(ids ...groups.GroupID) {
	d.t.Helper()
	for _, id := range ids {
		d.save(groups.Group{ID: id, Name: "Group " + string(id), SavedBy: "ada", SavedAt: morning})
	}
}

func (d desk) group(id groups.GroupID) groups.Group {
	d.t.Helper()
	g, err := d.s.Group(d.t.Context(), id)
	if err != nil {
		d.t.Fatalf("Group %q: %v", id, err)
	}
	return g
}

func (d desk) groups() []groups.Group {
	d.t.Helper()
	return rows(d.t, "Groups", d.s.Groups(d.t.Context()))
}

func (d desk) standings(id groups.GroupID) []groups.Standing {
	d.t.Helper()
	return rows(d.t, "Standings", d.s.Standings(d.t.Context(), id, ""))
}

func (d desk) standingsOf(id groups.UserID) []groups.Standing {
	d.t.Helper()
	return rows(d.t, "StandingsOf", d.s.StandingsOf(d.t.Context(), id))
}

func (d desk) members(id groups.GroupID) []groups.Member {
	d.t.Helper()
	return rows(d.t, "Members", d.s.Members(d.t.Context(), id, ""))
}

func (d desk) changes(after string) []groups.Change {
	d.t.Helper()
	return rows(d.t, "Changes", d.s.Changes(d.t.Context(), after))
}

func (d desk) acts(id groups.GroupID, after string) []groups.Act {
	d.t.Helper()
	return rows(d.t, "Acts", d.s.Acts(d.t.Context(), id, after))
}

func (d desk) notes(kind groups.NoteKind, id groups.GroupID) []groups.Note {
	d.t.Helper()
	return rows(d.t, "Notes", d.s.Notes(d.t.Context(), kind, id))
}

// write is a write of the standings to a group as it is now, with the changes that they bring.
func (d desk) write(id groups.GroupID, standings ...groups.Standing) groups.Write {
	d.t.Helper()
	g := d.group(id)
	before := make(map[groups.UserID]groups.Method)
	for _, m := range d.members(id) {
		before[m.User] = m.Method
	}
	w := groups.Write{Group: id, Revision: g.Revision, Was: &g.State}
	for _, s := range standings {
		s.Group = id
		w.Standings = append(w.Standings, s)
	}
	slices.SortFunc(w.Standings, func(a, b groups.Standing) int { return cmp.Compare(a.User, b.User) })
	for _, s := range w.Standings {
		if was := before[s.User]; was != s.Member {
			w.Changes = append(w.Changes, change(s, was))
		}
	}
	return w
}

func change(s groups.Standing, was groups.Method) groups.Change {
	c := groups.Change{Group: s.Group, User: s.User, Before: was, After: s.Member, Cause: "rule", At: noon}
	switch {
	case was == groups.Outside:
		c.Kind = groups.Joined
	case s.Member == groups.Outside:
		c.Kind = groups.Left
	default:
		c.Kind = groups.Switched
	}
	return c
}

func (d desk) apply(writes ...groups.Write) {
	d.t.Helper()
	d.commit(commit(writes...))
}

// put writes standings to a group as it is now.
func (d desk) put(id groups.GroupID, standings ...groups.Standing) {
	d.t.Helper()
	d.apply(d.write(id, standings...))
}

func (d desk) forget(id groups.UserID) {
	d.t.Helper()
	d.commit(d.forgets(id))
}

func (d desk) delete(id groups.GroupID) {
	d.t.Helper()
	d.apply(d.deletes(id))
}

// A picture is everything a store says, to see that nothing was written.
type picture struct {
	Groups    []groups.Group
	Standings [][]groups.Standing
	Members   [][]groups.Member
	Changes   []groups.Change
	Acts      []groups.Act
	ActsOf    [][]groups.Act
	Notes     [][]groups.Note
}

func (d desk) picture() picture {
	d.t.Helper()
	p := picture{Groups: d.groups(), Changes: d.changes(""), Acts: d.acts("", "")}
	for _, g := range p.Groups {
		p.Standings = append(p.Standings, d.standings(g.ID))
		p.Members = append(p.Members, d.members(g.ID))
		p.ActsOf = append(p.ActsOf, d.acts(g.ID, ""))
	}
	for _, kind := range noteKinds {
		p.Notes = append(p.Notes, d.notes(kind, ""))
	}
	return p
}

// unchanged demands that the store says what it said.
func (d desk) unchanged(was picture, after string) {
	d.t.Helper()
	if diff := difference(d.picture(), was); diff != "" {
		d.t.Errorf("after %s something was written: %s", after, diff)
	}
}

// race runs f(0) to f(n-1) at once and returns their errors.
func race(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

// succeeded counts the nil errors.
func succeeded(errs []error) int {
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	return n
}

// cancelled returns a context that has ended.
func cancelled(t TB) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// Instants of the cases. They have nanoseconds, and zones that are no whole hours.
var (
	morning = time.Date(2026, 1, 31, 8, 0, 0, 1, time.UTC)
	noon    = time.Date(2026, 1, 31, 12, 30, 0, 123456789, time.FixedZone("", 5*3600+45*60))
	evening = time.Date(2026, 2, 1, 0, 15, 0, 999999999, time.FixedZone("", -3*3600-30*60))
)

// Standings of the cases.

func automatic(user groups.UserID) groups.Standing {
	return groups.Standing{User: user, Automatic: true, Population: groups.Automatic, Member: groups.Automatic}
}

func assigned(user groups.UserID) groups.Standing {
	return groups.Standing{
		User: user, Population: groups.Manual, Member: groups.Manual,
		Assignment: &groups.Assignment{By: "ada", At: morning, Why: "asked for it", Source: "person"},
	}
}

// withheld is in the population of a group without effects.
func withheld(user groups.UserID) groups.Standing {
	return groups.Standing{User: user, Automatic: true, Population: groups.Automatic}
}

func excluded(user groups.UserID) groups.Standing {
	return groups.Standing{User: user, Automatic: true, Exclusion: &groups.Exclusion{By: "ada", At: morning, Why: "left the project", Source: "person"}}
}

func blank(user groups.UserID) groups.Standing { return groups.Standing{User: user} }
