package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// Terms are how an assignment is made. The zero Terms make it for good, without a reason, and leave
// excluded users out.
type Terms struct {
	Why string
	// Until ends the assignment; zero is for good.
	Until time.Time
	// Replace takes away the exclusion of an excluded user, who is refused otherwise.
	Replace bool
}

// Find says whom w means to the actor, and does nothing: it is the preview of an act. Outcomes are Found,
// NoSuchUser, Ambiguous, Repeated or Blank. An error of the Directory leaves no report.
func (d *Desk) Find(ctx context.Context, a Actor, w Whom) (*Report, error) {
	out, unclear, err := w.find(ctx, d, &a)
	if err != nil {
		return nil, err
	}
	return &Report{Outcomes: out, Unclear: unclear}, nil
}

// Assign puts users in a group, manual or automatic, whatever its rule says (Docebo: "Assign users",
// and "manually-assigned users in automatic groups"). The assignments have the actor, the terms and their
// source: "person", "csv", "group:ID" or "unit:TREE/ID".
//
// A user who is assigned already, for as long as the terms say or longer, is Already in that state, and
// who assigned them and when stays written down. An excluded user is Refused with [groups.ErrExcluded], unless
// the terms say that they replace.
//
// All users who can be are assigned together, or with an error nobody is. What is wrong with some of
// them is an [Outcome] and keeps nobody else from being assigned. A group that does not exist is an error
// that wraps [groups.ErrNotFound].
func (d *Desk) Assign(ctx context.Context, a Actor, group groups.GroupID, w Whom, t Terms) (*Report, error) {
	return d.act(ctx, &a, group, w, d.assigning(ctx, &a, group, w, t, func(*groups.Standing) OutcomeCode { return Done }))
}

// SwitchToManual assigns users who are in automatically, so that they stay when the rule no longer
// holds for them (Docebo: "Switch to manual assignment", for one user or many). It is [Desk.Assign] for those
// who are in: for the others the outcome is NotIn.
func (d *Desk) SwitchToManual(ctx context.Context, a Actor, group groups.GroupID, w Whom, t Terms) (*Report, error) {
	return d.act(ctx, &a, group, w, d.assigning(ctx, &a, group, w, t, func(st *groups.Standing) OutcomeCode {
		if st.Population == groups.Outside {
			return NotIn
		}
		return Done
	}))
}

// RemoveManual takes assignments away (Docebo: "Remove manual assignment", for one user or many). Whoever
// the rule holds for stays in as an automatic member, without leaving and joining again; the others leave. For
// an automatic member there is nothing to do, and whoever has no assignment and is not in is NotIn. It
// is all or nothing, as [Desk.Assign] is.
func (d *Desk) RemoveManual(ctx context.Context, a Actor, group groups.GroupID, w Whom) (*Report, error) {
	return d.act(ctx, &a, group, w, deed{
		wish: func(st *groups.Standing) OutcomeCode {
			switch {
			case st.Assignment != nil:
				return Done
			case st.Population == groups.Outside:
				return NotIn
			}
			return Already
		},
		write: func(users []groups.UserID) (*groups.Run, error) {
			return d.ev.Unassign(ctx, group, a.By, users...)
		},
		after: func(st *groups.Standing) groups.Method {
			if st.Automatic {
				return groups.Automatic
			}
			return groups.Outside
		},
	})
}

// TakeOut takes users out of a group. Whoever would stay in because of the rule is Refused with a
// [*groups.EligibleError] that says which conditions hold them in, and keeps their assignment if they have
// one: in Docebo nobody can be forced out of an automatic group, only a change of the user's data or of
// the rule takes them out. Whoever is not in anyway is Already out. It is all or nothing for the others,
// as [Desk.Assign] is.
func (d *Desk) TakeOut(ctx context.Context, a Actor, group groups.GroupID, w Whom) (*Report, error) {
	return d.act(ctx, &a, group, w, deed{
		// Those who seem to be out are asked about as well: the rule may hold for them by now.
		wish: func(*groups.Standing) OutcomeCode { return Done },
		idle: func(st *groups.Standing) bool { return st.Population == groups.Outside && st.Assignment == nil },
		write: func(users []groups.UserID) (*groups.Run, error) {
			return d.ev.TakeOut(ctx, group, a.By, users...)
		},
		after: func(*groups.Standing) groups.Method { return groups.Outside },
	})
}

// A deed is what an act does to each user.
type deed struct {
	// wish says from what is stored about a user whether something is to be done.
	wish func(*groups.Standing) OutcomeCode
	// idle tells the users to whom it was done without effect; nil is nobody.
	idle func(*groups.Standing) bool
	// write does it to all of the users, or to none and returns the refusals.
	write func([]groups.UserID) (*groups.Run, error)
	// after is how a user is in the population afterwards, where the run itself does not say.
	after func(*groups.Standing) groups.Method
}

func (d *Desk) assigning(ctx context.Context, a *Actor, group groups.GroupID, w Whom, t Terms, wish func(*groups.Standing) OutcomeCode) deed {
	decision := groups.Decision{By: a.By, Why: t.Why, Source: w.source(), Until: t.Until, Replace: t.Replace}
	return deed{
		wish: func(st *groups.Standing) OutcomeCode {
			if covers(st.Assignment, t.Until) && !(t.Replace && st.Exclusion != nil) {
				return Already
			}
			return wish(st)
		},
		write: func(users []groups.UserID) (*groups.Run, error) {
			return d.ev.Assign(ctx, group, decision, users...)
		},
		after: func(*groups.Standing) groups.Method { return groups.Manual },
	}
}

// covers reports whether an assignment lasts until then, or longer. No clock is needed: where it is over
// by now, so is the one that it is compared with.
func covers(as *groups.Assignment, until time.Time) bool {
	return as != nil && (as.Until.IsZero() || !until.IsZero() && !as.Until.Before(until))
}

// act finds users and does something to them.
func (d *Desk) act(ctx context.Context, a *Actor, group groups.GroupID, w Whom, do deed) (*Report, error) {
	if err := d.mustExist(ctx, group); err != nil {
		return nil, err
	}
	out, unclear, err := w.find(ctx, d, a)
	if err != nil {
		return nil, err
	}
	select {
	case d.listing <- struct{}{}:
		defer func() { <-d.listing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	before, err := d.standings(ctx, group, out)
	if err != nil {
		return nil, err
	}
	var users []groups.UserID
	for i := range out {
		if o := &out[i]; o.Code == Found {
			st := before[o.User]
			if o.Code, o.Method = do.wish(&st), st.Population; o.Code == Done {
				users = append(users, o.User)
			}
		}
	}
	run, refused, err := writeRest(users, do.write)
	if err != nil {
		return nil, err
	}
	r := &Report{Outcomes: out, Unclear: unclear, Run: run}
	changes, withheld := moves(run, group)
	for i := range out {
		o := &out[i]
		if o.Code != Done {
			o.explain(group)
			continue
		}
		st := before[o.User]
		if o.Err = refused[o.User]; o.Err != nil {
			o.Code, o.Text = Refused, o.Err.Error()
			continue
		}
		moved, effective := changes[o.User]
		hidden, unseen := withheld[o.User]
		switch {
		case effective && moved.Cause != inactivation:
			o.Method, o.Change = moved.After, &moved
		case effective:
			o.Method, o.Change = do.after(&st), &moved
		case unseen:
			o.Method = hidden.After
		}
		if do.idle != nil && do.idle(&st) && !effective && !unseen {
			o.Code = Already
			o.explain(group)
		}
	}
	return r, nil
}

// inactivation is the cause of leaves that come from a group's status and not from the act.
const inactivation groups.Cause = "inactivation"

// explain says why nothing was done to a user.
func (o *Outcome) explain(group groups.GroupID) {
	switch {
	case o.Code == NotIn:
		o.Text = fmt.Sprintf("not in group %q", group)
	case o.Code == Already && o.Method == groups.Outside:
		o.Text = fmt.Sprintf("not in group %q already", group)
	case o.Code == Already:
		o.Text = fmt.Sprintf("in group %q as %v already", group, o.Method)
	}
}

// standings reads what is stored in the group about the users found.
func (d *Desk) standings(ctx context.Context, group groups.GroupID, out []Outcome) (map[groups.UserID]groups.Standing, error) {
	of := map[groups.UserID]groups.Standing{}
	for i := range out {
		if out[i].Code == Found {
			of[out[i].User] = groups.Standing{Group: group, User: out[i].User}
		}
	}
	keep := func(st groups.Standing) {
		if _, asked := of[st.User]; asked && st.Group == group {
			of[st.User] = st
		}
	}
	if len(of) > fewUsers {
		for st, err := range d.store.Standings(ctx, group, "") {
			if err != nil {
				return nil, fmt.Errorf("read group %q: %w", group, err)
			}
			keep(st)
		}
		return of, nil
	}
	for id := range of {
		for st, err := range d.store.StandingsOf(ctx, id) {
			if err != nil {
				return nil, fmt.Errorf("read standings of user %q: %w", id, err)
			}
			keep(st)
		}
	}
	return of, nil
}

// writeRest writes an act for all users but those who are refused.
func writeRest(users []groups.UserID, write func([]groups.UserID) (*groups.Run, error)) (*groups.Run, map[groups.UserID]error, error) {
	refused := map[groups.UserID]error{}
	for len(users) > 0 {
		run, err := write(users)
		if err == nil {
			return run, refused, nil
		}
		before := len(users)
		if !refusals(err, refused) {
			return nil, nil, err
		}
		users = slices.DeleteFunc(users, func(id groups.UserID) bool { return refused[id] != nil })
		if len(users) == before {
			return nil, nil, err
		}
	}
	return nil, refused, nil
}

// refusals files the errors about single users, and reports whether there are no others among them.
func refusals(err error, of map[groups.UserID]error) bool {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			if !refusals(e, of) {
				return false
			}
		}
		return true
	}
	if e, ok := errors.AsType[*groups.EligibleError](err); ok {
		of[e.User] = e
	} else if e, ok := errors.AsType[*groups.DecisionError](err); ok {
		of[e.User] = e
	} else {
		return false
	}
	return true
}

// moves are the changes of a run to one group by user, and those that have no effect while the group is
// inactive.
func moves(run *groups.Run, group groups.GroupID) (changes, withheld map[groups.UserID]groups.Change) {
	if run == nil {
		return nil, nil
	}
	diff, ok := run.Diff(group)
	if !ok {
		return nil, nil
	}
	changes, withheld = map[groups.UserID]groups.Change{}, map[groups.UserID]groups.Change{}
	for _, list := range [][]groups.Change{diff.Joined, diff.Left, diff.Switched} {
		for _, c := range list {
			changes[c.User] = c
		}
	}
	for _, c := range diff.Withheld {
		withheld[c.User] = c
	}
	return changes, withheld
}
