package insight

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// A Review is a decision of a person about a user in a group that somebody should look at again. Why, by Code:
//
//	notNeeded    an assignment of somebody whom the rule has in: without it they stay, as an automatic member
//	idle         an exclusion of somebody whom the rule does not have in, or where exclusions are turned off
//	expiring     an assignment that ends soon; Without is what becomes of the user then
//	expired      an assignment that is over, and stored without effect
//	absent       a decision about somebody who is not in the directory, which waits for them
//	deactivated  a decision about somebody who is deactivated and out because of that, which waits for their return
//	undecided    a decision of which nobody can tell what it changes, since what is known does not decide without it
//
// A decision that ends soon may be listed for another reason as well.
type Review struct {
	Code  string         `json:"code"`
	Group groups.GroupID `json:"group"`
	User  groups.UserID  `json:"user"`
	// Assignment or Exclusion is the decision; the other is nil.
	Assignment *groups.Assignment `json:"assignment,omitempty"`
	Exclusion  *groups.Exclusion  `json:"exclusion,omitempty"`
	// Without is how the user is in without the decision, effects aside, as processing all groups finds it At that
	// instant: the end of what is expiring, else the time of the look. Reason is the line of the decision table.
	At      time.Time     `json:"at"`
	Without groups.Method `json:"without"`
	Reason  groups.Reason `json:"reason"`
	// Undecided: what is known does not decide, and without the decision the user stays as they are.
	Undecided bool `json:"undecided,omitempty"`
	// What the group has to do with it: it has no effect while it is Inactive, does not ask its rule while it is
	// Frozen or Held by the guard, and a change counts when it is next processed where it is Scheduled.
	Inactive  bool `json:"inactive,omitempty"`
	Frozen    bool `json:"frozen,omitempty"`
	Held      bool `json:"held,omitempty"`
	Scheduled bool `json:"scheduled,omitempty"`
}

const (
	notNeeded   = "notNeeded"
	idle        = "idle"
	expiring    = "expiring"
	expired     = "expired"
	absent      = "absent"
	deactivated = "deactivated"
	undecided   = "undecided"
)

// String returns the review on one line.
func (r Review) String() string {
	line := fmt.Sprintf("%s: %s in %s: %s: %s", r.Code, r.User, r.Group, r.decision(), r.why())
	for _, state := range []struct {
		is   bool
		text string
	}{
		{r.Inactive, "the group is inactive"}, {r.Frozen, "the group is frozen"},
		{r.Held, "the guard holds the group"}, {r.Scheduled, "the group is processed by its schedule"},
	} {
		if state.is {
			line += "; " + state.text
		}
	}
	return line
}

// decision is who decided what, in words.
func (r Review) decision() string {
	what, d := "excluded", groups.Assignment{}
	if r.Assignment != nil {
		what, d = "assigned", *r.Assignment
	} else if e := r.Exclusion; e != nil {
		d = groups.Assignment{By: e.By, At: e.At, Why: e.Why, Approver: e.Approver}
	}
	text := fmt.Sprintf("%s by %s on %s", what, d.By, d.At.UTC().Format(time.DateOnly))
	if d.Approver != "" {
		text += ", approved by " + d.Approver
	}
	if d.Why != "" {
		text += fmt.Sprintf(" (%s)", strings.Join(strings.Fields(d.Why), " "))
	}
	return text
}

// why is the code in words.
func (r Review) why() string {
	at := r.At.UTC().Format(time.RFC3339)
	switch r.Code {
	case notNeeded:
		return "the rule has them in as well"
	case idle:
		if r.Without != groups.Outside {
			return "exclusions are turned off, and they are in by the rule"
		}
		return "they are out without it as well"
	case expiring:
		switch {
		case r.Undecided:
			return fmt.Sprintf("it ends at %s, and what is known does not decide what becomes of them", at)
		case r.Without == groups.Outside:
			return fmt.Sprintf("it ends at %s, and they are out then (by %s)", at, r.Reason)
		}
		return fmt.Sprintf("it ends at %s, and the rule keeps them in", at)
	case expired:
		return fmt.Sprintf("it ended at %s", r.Assignment.Until.UTC().Format(time.RFC3339))
	case absent:
		return "they are not in the directory"
	case deactivated:
		return "they are deactivated, and out whatever it says"
	}
	return "what is known does not decide about them without it"
}

// Reviews yields the decisions about users in groups, or in all groups, that somebody should look at again, by group
// and then by user: assignments that are not needed, that are over, or that end by an instant, and exclusions that
// change nothing. What would become of somebody is asked of the rule as it is now ([groups.Evaluator.ExplainIf]), and not
// read from what an earlier run has left; what nobody can tell is never called superfluous, nor is what only a group that is
// frozen or held has no use for. An exclusion of somebody who is assigned is looked at when the assignment is over.
//
// It reads what is stored about each of the groups once, as a stream, and beside it only the users whom people have
// decided about, a thousand at a time; the groups are read again for every thousand, and for each different end in
// them. A group that does not exist is an error that wraps [groups.ErrNotFound]; an error ends the stream.
func (d *Desk) Reviews(ctx context.Context, until time.Time, ids ...groups.GroupID) iter.Seq2[Review, error] {
	return func(yield func(Review, error) bool) {
		for g, err := range d.named(ctx, ids) {
			if err != nil {
				yield(Review{}, err)
				return
			}
			look := review{desk: d, group: g, now: d.ev.Now(), until: until}
			for list, err := range chunked(decided(d.store.Standings(ctx, g.ID, ""))) {
				if err == nil {
					err = look.at(ctx, list)
				}
				if err != nil {
					yield(Review{}, fmt.Errorf("review group %q: %w", g.ID, err))
					return
				}
				for _, r := range look.found {
					if !yield(r, nil) {
						return
					}
				}
			}
		}
	}
}

// named yields the groups with those IDs, by ID, or all.
func (d *Desk) named(ctx context.Context, ids []groups.GroupID) iter.Seq2[groups.Group, error] {
	if len(ids) == 0 {
		return d.store.Groups(ctx)
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return func(yield func(groups.Group, error) bool) {
		for _, id := range slices.Compact(ids) {
			if g, err := d.store.Group(ctx, id); !yield(g, err) || err != nil {
				return
			}
		}
	}
}

// decided are the standings of those whom a person has decided about.
func decided(all iter.Seq2[groups.Standing, error]) iter.Seq2[groups.Standing, error] {
	return func(yield func(groups.Standing, error) bool) {
		for st, err := range all {
			if (err != nil || st.Assignment != nil || st.Exclusion != nil) && !yield(st, err) {
				return
			}
		}
	}
}

// chunked yields a stream a thousand at a time, with the error that ends it by itself.
func chunked[T any](stream iter.Seq2[T, error]) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		var list []T
		for row, err := range stream {
			if err != nil {
				yield(nil, err)
				return
			}
			if list = append(list, row); len(list) == 1000 {
				if !yield(list, nil) {
					return
				}
				list = nil
			}
		}
		if len(list) > 0 {
			yield(list, nil)
		}
	}
}

// review is one look at the decisions about a group.
type review struct {
	desk       *Desk
	group      groups.Group
	now, until time.Time
	found      []Review
}

// ends reports whether an assignment is in force and ends within the look.
func (l *review) ends(a *groups.Assignment) bool {
	return a.Holds(l.now) && !a.Until.IsZero() && !a.Until.After(l.until)
}

// at finds out about some users.
func (l *review) at(ctx context.Context, list []groups.Standing) error {
	var assigned, excluded []groups.UserID
	ending := map[time.Time][]groups.UserID{}
	for _, st := range list {
		if st.Assignment != nil {
			assigned = append(assigned, st.User)
			if l.ends(st.Assignment) {
				end := st.Assignment.Until.UTC()
				ending[end] = append(ending[end], st.User)
			}
		}
		if st.Exclusion != nil && !st.Assignment.Holds(l.now) {
			excluded = append(excluded, st.User)
		}
	}
	withoutAssignment, err := l.suppose(ctx, l.now, unassign, assigned)
	if err != nil {
		return err
	}
	withoutExclusion, err := l.suppose(ctx, l.now, readmit, excluded)
	if err != nil {
		return err
	}
	asDecided, err := l.suppose(ctx, l.now, func(*groups.Standing) {}, excluded)
	if err != nil {
		return err
	}
	then := map[groups.UserID]*groups.Explanation{}
	for end, users := range ending {
		some, err := l.suppose(ctx, end, unassign, users)
		if err != nil {
			return err
		}
		for id, x := range some {
			then[id] = x
		}
	}
	l.found = nil
	for _, st := range list {
		if x := withoutAssignment[st.User]; x != nil {
			l.add(l.ofAssignment(&st, x), x, l.now, &st, st.Assignment, nil)
		}
		if x := then[st.User]; x != nil {
			l.add(expiring, x, st.Assignment.Until, &st, st.Assignment, nil)
		}
		if x := withoutExclusion[st.User]; x != nil {
			l.add(l.ofExclusion(x, asDecided[st.User]), x, l.now, &st, nil, st.Exclusion)
		}
	}
	return nil
}

func unassign(st *groups.Standing) { st.Assignment = nil }
func readmit(st *groups.Standing)  { st.Exclusion = nil }

// suppose has the Evaluator explain users as they would be.
func (l *review) suppose(ctx context.Context, at time.Time, otherwise func(*groups.Standing), users []groups.UserID) (map[groups.UserID]*groups.Explanation, error) {
	if len(users) == 0 {
		return nil, nil
	}
	list, err := l.desk.ev.ExplainIf(ctx, l.group.ID, at, otherwise, users...)
	of := make(map[groups.UserID]*groups.Explanation, len(list))
	for _, x := range list {
		of[x.User] = x
	}
	return of, err
}

// ofAssignment says what is to be said of an assignment now, by what becomes of the user without it; blank is nothing.
func (l *review) ofAssignment(st *groups.Standing, x *groups.Explanation) string {
	switch {
	case !st.Assignment.Holds(l.now):
		return expired
	case x.Reason == "absence":
		return absent
	case x.Reason == "deactivation" && l.group.Deactivated == groups.DropAll:
		return deactivated
	case x.Undecided:
		return undecided
	case x.Population == groups.Automatic && criteria(x) == groups.Yes:
		return notNeeded
	}
	return ""
}

// ofExclusion says likewise of an exclusion, by how the user is without it and with it: those who are in all the same
// show that exclusions are turned off.
func (l *review) ofExclusion(x, with *groups.Explanation) string {
	switch {
	case with.Population != groups.Outside && !with.Undecided:
		return idle
	case x.Reason == "absence":
		return absent
	case x.Reason == "deactivation":
		return deactivated
	case x.Undecided:
		return undecided
	case x.Population == groups.Outside && criteria(x) == groups.No:
		return idle
	}
	return ""
}

// criteria is what the rule says of a user within the scope of the group's owner, asked or not.
func criteria(x *groups.Explanation) groups.Verdict {
	switch {
	case x.Scope == nil, x.Verdict == groups.No:
		return x.Verdict
	case x.Verdict == groups.Yes || *x.Scope == groups.No:
		return *x.Scope
	}
	return groups.Unknown
}

// add lists a decision, if there is something to be said of it.
func (l *review) add(code string, x *groups.Explanation, at time.Time, st *groups.Standing, a *groups.Assignment, e *groups.Exclusion) {
	if code == "" {
		return
	}
	l.found = append(l.found, Review{
		Code: code, Group: st.Group, User: st.User, Assignment: a, Exclusion: e,
		At: at, Without: x.Population, Reason: x.Reason, Undecided: x.Undecided,
		Inactive: l.group.Status == groups.Inactive, Frozen: l.group.Frozen, Held: x.Waits == "guard",
		Scheduled: l.group.Kind == groups.AutomaticGroup && l.group.Schedule.Every > 0,
	})
}
