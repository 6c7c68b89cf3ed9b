package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// Terms are how an assignment is made. The zero Terms make it for good, without a reason, and leave
// excluded users out.
type Terms struct {
	Why string
	// Approver is who agreed to it; blank is that nobody was asked.
	Approver string
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
// who assigned them and when stays written down. An excluded user is Refused with [groups.ErrExcluded],
// unless the terms say that they replace.
//
// All users who can be are assigned together, or with an error nobody is. What is wrong with some of
// them is an [Outcome] and keeps nobody else from being assigned. A group that does not exist is an error
// that wraps [groups.ErrNotFound]. Acts of one Desk are written one after the other. Beside finding the
// users it costs what [groups.Evaluator.Assign] does, once more where some are refused, and reading what is
// stored about the users before and after: up to 100 one by one, more in a pass over the group.
func (d *Desk) Assign(ctx context.Context, a Actor, group groups.GroupID, w Whom, t Terms) (*Report, error) {
	return d.act(ctx, &a, group, w, d.assigning(ctx, &a, group, w, t, func(*groups.Standing) OutcomeCode { return Done }))
}

// SwitchToManual assigns users who are in automatically, so that they stay when the rule no longer
// holds for them (Docebo: "Switch to manual assignment", for one user or many). It is [Desk.Assign] for
// those who are in: for the others the outcome is NotIn.
func (d *Desk) SwitchToManual(ctx context.Context, a Actor, group groups.GroupID, w Whom, t Terms) (*Report, error) {
	return d.act(ctx, &a, group, w, d.assigning(ctx, &a, group, w, t, func(st *groups.Standing) OutcomeCode {
		if st.Population == groups.Outside {
			return NotIn
		}
		return Done
	}))
}

// RemoveManual takes assignments away (Docebo: "Remove manual assignment", for one user or many).
// Whoever the rule holds for stays in as an automatic member, without leaving and joining again; the
// others leave, and whoever would be in no organizational group any more is Refused with [ErrLastGroup].
// For an automatic member there is nothing to do, and whoever has no assignment and is not in is NotIn.
// It is all or nothing, as [Desk.Assign] is.
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
		leaves: func(st *groups.Standing) bool { return !st.Automatic },
		write: func(users []groups.UserID) (*groups.Run, error) {
			return d.ev.Unassign(ctx, group, a.By, users...)
		},
	})
}

// TakeOut takes users out of a group. Whoever would stay in because of the rule is Refused with a
// [*groups.EligibleError] that says which conditions hold them in, and keeps their assignment if they have
// one: in Docebo nobody can be forced out of an automatic group, only a change of the user's data or of
// the rule takes them out. Whoever would be in no organizational group any more is Refused with
// [ErrLastGroup]. Whoever is not in anyway is Already out. It is all or nothing for the others,
// as [Desk.Assign] is.
func (d *Desk) TakeOut(ctx context.Context, a Actor, group groups.GroupID, w Whom) (*Report, error) {
	return d.act(ctx, &a, group, w, deed{
		// Those who seem to be out are asked about as well: the rule may hold for them by now.
		wish:   func(*groups.Standing) OutcomeCode { return Done },
		idle:   func(st *groups.Standing) bool { return st.Population == groups.Outside && st.Assignment == nil },
		leaves: func(*groups.Standing) bool { return true },
		write: func(users []groups.UserID) (*groups.Run, error) {
			return d.ev.TakeOut(ctx, group, a.By, users...)
		},
	})
}

// A deed is what an act does to each user.
type deed struct {
	// wish says from what is stored about a user whether something is to be done.
	wish func(*groups.Standing) OutcomeCode
	// idle tells the users to whom it was done without effect; nil is nobody.
	idle func(*groups.Standing) bool
	// leaves tells the users whom it takes out of the group; nil is nobody.
	leaves func(*groups.Standing) bool
	// write does it to all of the users, or to none and returns the refusals.
	write func([]groups.UserID) (*groups.Run, error)
}

// assigning is the deed of assigning those users who are not assigned and of whom wish says so.
func (d *Desk) assigning(
	ctx context.Context, a *Actor, group groups.GroupID, w Whom, t Terms, wish func(*groups.Standing) OutcomeCode,
) deed {
	decision := groups.Decision{By: a.By, Why: t.Why, Source: w.source(), Until: t.Until, Replace: t.Replace, Keep: true, Approver: t.Approver}
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
	}
}

// covers reports whether an assignment lasts until then, or longer, so that [groups.Decision.Keep] keeps it.
func covers(as *groups.Assignment, until time.Time) bool {
	return as != nil && (as.Until.IsZero() || !until.IsZero() && !as.Until.Before(until))
}

// stranded are the refusals of users whom a deed would leave in no organizational group.
func (d *Desk) stranded(
	ctx context.Context, group groups.GroupID, users []groups.UserID, before map[groups.UserID]groups.Standing, do deed,
) (map[groups.UserID]error, error) {
	if do.leaves == nil {
		return nil, nil
	}
	var leaving []groups.UserID
	for _, id := range users {
		if st := before[id]; do.leaves(&st) {
			leaving = append(leaving, id)
		}
	}
	alone, err := d.keepsGroup(ctx, group, leaving...)
	if err != nil {
		return nil, err
	}
	refused := map[groups.UserID]error{}
	for _, id := range alone {
		refused[id] = &groups.DecisionError{Group: group, User: id, Err: ErrLastGroup}
	}
	return refused, nil
}

// veilRefusals veils the explanations of refusals, as [Desk.Explain] does.
func (d *Desk) veilRefusals(ctx context.Context, actor Actor, group groups.GroupID, refused map[groups.UserID]error) error {
	if actor.SeesAll || len(refused) == 0 {
		return nil
	}
	g, err := d.store.Group(ctx, group)
	if err != nil {
		return err
	}
	hidden, err := d.unseenConditions(ctx, actor, &g)
	if err != nil {
		return err
	}
	for id, err := range refused {
		if e, is := errors.AsType[*groups.EligibleError](err); is {
			refused[id] = &groups.EligibleError{Group: e.Group, User: e.User, Explanation: veiledExplanation(e.Explanation, hidden)}
		}
	}
	return nil
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
	done, err := d.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var users []groups.UserID
	for i := range out {
		if out[i].Code == Found {
			users = append(users, out[i].User)
		}
	}
	before, err := d.standings(ctx, group, users)
	if err != nil {
		return nil, err
	}
	users = users[:0]
	for i := range out {
		if o := &out[i]; o.Code == Found {
			st := before[o.User]
			if o.Code, o.Method = do.wish(&st), st.Population; o.Code == Done {
				users = append(users, o.User)
			}
		}
	}
	stranded, err := d.stranded(ctx, group, users, before, do)
	if err != nil {
		return nil, err
	}
	users = slices.DeleteFunc(users, func(id groups.UserID) bool { return stranded[id] != nil })
	run, refused, err := writeRest(users, do.write)
	if err == nil {
		err = d.veilRefusals(ctx, *a, group, refused)
	}
	if err != nil {
		return nil, err
	}
	maps.Copy(refused, stranded)
	r := &Report{Outcomes: out, Unclear: unclear, Run: run}
	changes, withheld := changesTo(run, group)
	after := d.after(ctx, run, group, slices.Collect(maps.Keys(before)))
	for i := range out {
		o := &out[i]
		st := before[o.User]
		if o.Code == Done {
			if o.Err = refused[o.User]; o.Err != nil {
				o.Code, o.Text = Refused, o.Err.Error()
			} else if c, moved := changes[o.User]; moved {
				o.Method, o.Change = c.After, &c
			} else if c, moved := withheld[o.User]; moved {
				o.Method = c.After
			} else if do.idle != nil && do.idle(&st) {
				o.Code = Already
			}
		}
		if now, known := after[o.User]; known && o.Code != Repeated {
			o.Method = now.Population
		}
		o.explain(group)
	}
	return r, nil
}

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

// standings reads what is stored in the group about users.
func (d *Desk) standings(ctx context.Context, group groups.GroupID, users []groups.UserID) (map[groups.UserID]groups.Standing, error) {
	of := make(map[groups.UserID]groups.Standing, len(users))
	for _, id := range users {
		of[id] = groups.Standing{Group: group, User: id}
	}
	if len(of) > few {
		for st, err := range d.store.Standings(ctx, group, "") {
			if err != nil {
				return nil, fmt.Errorf("read group %q: %w", group, err)
			}
			if _, asked := of[st.User]; asked {
				of[st.User] = st
			}
		}
		return of, nil
	}
	for id := range of {
		for st, err := range d.store.StandingsOf(ctx, id) {
			if err != nil {
				return nil, fmt.Errorf("read standings of user %q: %w", id, err)
			}
			if st.Group == group {
				of[id] = st
			}
		}
	}
	return of, nil
}

// writeRest writes an act for all users but those who are refused.
func writeRest(users []groups.UserID, write func([]groups.UserID) (*groups.Run, error)) (*groups.Run, map[groups.UserID]error, error) {
	refused := map[groups.UserID]error{}
	for users = slices.Clone(users); len(users) > 0; {
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

// changesTo are the changes of a run to one group by user, and those that have no effect while the group
// is inactive.
func changesTo(run *groups.Run, group groups.GroupID) (changes, withheld map[groups.UserID]groups.Change) {
	changes, withheld = map[groups.UserID]groups.Change{}, map[groups.UserID]groups.Change{}
	if run == nil {
		return changes, withheld
	}
	diff, _ := run.Diff(group)
	for _, c := range slices.Concat(diff.Joined, diff.Left, diff.Switched) {
		changes[c.User] = c
	}
	for _, c := range diff.Withheld {
		withheld[c.User] = c
	}
	return changes, withheld
}

// after reads what is stored once the act is written: a run tells the moves in the membership, and from
// them nobody can tell the population of a group that was just turned on or off. No failure to look, nor
// a context that ends meanwhile, turns what is written into an error; then the changes have to do.
func (d *Desk) after(ctx context.Context, run *groups.Run, group groups.GroupID, users []groups.UserID) map[groups.UserID]groups.Standing {
	if run == nil {
		return nil
	}
	now, err := d.standings(context.WithoutCancel(ctx), group, users)
	if err != nil {
		return nil
	}
	return now
}
