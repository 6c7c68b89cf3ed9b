package groups

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// This file holds what a run has come to: for the caller, and for the Store.

// result is the run for the caller; of groups that were only looked at for some users, those that
// have something to tell.
func (r *run) result() *Run {
	out := &Run{Now: r.now, Held: []*Plan{}, Findings: r.survey.findings(r)}
	if r.everywhere != nil {
		out.Next = r.everywhere.next
	}
	for _, s := range r.groups {
		out.Next = sooner(out.Next, r.nextOf(s))
	}
	telling := make([]*subject, 0, len(r.order))
	for _, s := range r.order {
		if d := &s.diff; s.whole || s.partial && (!d.Empty() || len(d.Undecided)+len(d.Withheld) > 0) {
			telling = append(telling, s)
		}
	}
	slices.SortFunc(telling, func(a, b *subject) int { return strings.Compare(string(a.ID), string(b.ID)) })
	out.Diffs = make([]Diff, len(telling))
	for i, s := range telling {
		out.Diffs[i] = s.diff.listed(s.ID)
		if s.hold != nil {
			out.Held = append(out.Held, r.heldPlan(s))
		}
	}
	if !out.Next.IsZero() {
		out.Next = out.Next.UTC()
	}
	if ed := r.edition; ed != nil && ed.saves {
		out.Saved = r.groups[ed.group].Revision + 1
	}
	return out
}

// listed is the diff with lists that are never nil.
func (d Diff) listed(group GroupID) Diff {
	d.Group = group
	d.Joined, d.Left, d.Switched = listed(d.Joined), listed(d.Left), listed(d.Switched)
	d.Undecided, d.Withheld = listed(d.Undecided), listed(d.Withheld)
	return d
}

// listed is the list, never nil, so that its JSON is one.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// state is the group's state after the run.
func (r *run) state(s *subject) State {
	state := s.State
	state.Next = r.nextOf(s)
	members, automatic := s.diff.growth()
	state.Members += members
	state.Automatic += automatic
	if len(s.standings) > 0 {
		state.Clock = r.now
	}
	switch {
	case s.held:
		if s.hold != nil {
			state.Held = r.heldPlan(s).ID
		}
		return state
	case s.whole:
		state.Revision, state.Live, state.Reads, state.Held = s.revision(true), s.Status == Active, r.reads(s, true), ""
		state.Processed, state.Clock, state.Members, state.Automatic = r.now, r.now, s.diff.Members, s.automatic
		if r.edition.approves(s.ID) {
			state.Approved = r.edition.plan
		}
	default:
		if !s.diff.Empty() && !s.scheduled() {
			state.Processed = r.now
		}
		if state.Reads == r.reads(s, false) {
			state.Reads = r.reads(s, true) // up to date before, and for the users of the run still
		}
	}
	state.Lately = r.counted(s)
	return state
}

// nextOf is when time next matters to the group, as the run leaves it.
func (r *run) nextOf(s *subject) time.Time {
	switch {
	case s.whole && s.scheduled():
		return s.Schedule.Next(r.now)
	case s.whole:
		return s.nextTurn(r.now)
	case s.partial && !s.waits:
		return sooner(s.wakes(), s.nextTurn(r.now))
	}
	return s.Group.wakes()
}

// revision is that of the definition, as it is stored or, after, as the run leaves it.
func (s *subject) revision(after bool) uint64 {
	if after && s.draft {
		return s.Revision + 1
	}
	return s.Revision
}

// reads is the fingerprint of what decides about the group beside its definition and the people: the
// schema, the options, and the groups that its rule reads, as they were stored or, after, as the run
// leaves them.
func (r *run) reads(s *subject, after bool) uint64 {
	return readsOf(r.basis, s.needs, func(id GroupID) asRead {
		n := r.groups[id]
		read := asRead{n.revision(after), n.State.Revision, n.State.Sequence, n.State.Live}
		if after && len(n.standings) > 0 {
			read.sequence++
		}
		if after && n.whole && !n.held {
			read.processed, read.live = n.revision(true), n.Status == Active
		}
		return read
	})
}

// asRead is what tells a group from itself before and after, for those that read it.
type asRead struct {
	revision, processed, sequence uint64
	live                          bool
}

// readsOf is a fingerprint of the basis and of groups.
func readsOf(basis uint64, needs []GroupID, read func(GroupID) asRead) uint64 {
	if len(needs) == 0 {
		return basis
	}
	h := fnv.New64a()
	number := func(n uint64) { h.Write(binary.LittleEndian.AppendUint64(nil, n)) }
	number(basis)
	for _, id := range needs {
		number(uint64(len(id)))
		h.Write([]byte(id))
		n, live := read(id), uint64(0)
		if n.live {
			live = 1
		}
		for _, part := range []uint64{n.revision, n.processed, n.sequence, live} {
			number(part)
		}
	}
	return h.Sum64()
}

// commit is what the run writes, and what it must find unchanged.
func (r *run) commit() Commit {
	c := Commit{Acts: r.acts}
	moved := 0
	for _, s := range r.order {
		if len(s.standings) > 0 {
			moved++
		}
	}
	c.Writes = make([]Write, 0, moved)
	for _, s := range r.order {
		if !s.whole && !s.partial {
			continue
		}
		state := r.state(s)
		if (!s.whole || s.held) && len(s.standings) == 0 && state.Equal(s.State) {
			continue
		}
		s.diff.identify(s.State)
		w := Write{Group: s.ID, Standings: s.standings, Changes: s.diff.changes(), State: &state}
		if s.stored {
			was := s.State // apart: who keeps a Write keeps no group of the run
			w.Revision, w.Was = s.Revision, &was
		}
		c.Writes = append(c.Writes, w)
		c.Notes = append(c.Notes, r.heldNote(s, state)...)
		s.written = true
	}
	for i := range len(c.Writes) {
		for _, id := range r.groups[c.Writes[i].Group].needs {
			if s := r.groups[id]; s != nil && s.stored && !s.written {
				s.written = true
				was := s.State
				c.Writes = append(c.Writes, Write{Group: id, Revision: s.Revision, Was: &was})
			}
		}
	}
	if r.edition != nil {
		r.edition.enter(r, &c)
	}
	return c
}
