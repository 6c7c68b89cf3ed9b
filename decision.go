package groups

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

var (
	// ErrEligible is wrapped by an [*EligibleError].
	ErrEligible = errors.New("in by the rule")
	// ErrExcluded is wrapped by the [*DecisionError] for assigning a user who is excluded, by a
	// [Decision] that does not say that it replaces.
	ErrExcluded = errors.New("excluded from the group")
	// ErrAssigned is wrapped by the [*DecisionError] for excluding a user who is assigned, likewise.
	ErrAssigned = errors.New("assigned to the group")
)

// A Decision is who decides about a user in a group, and why.
type Decision struct {
	By     string
	Why    string
	Source string // where it comes from, such as "person", "csv" or "group:g7"
	// Approver is who agreed to it; blank is that nobody was asked. It is written down and not checked.
	Approver string
	// Until ends an assignment; zero is for good. Exclusions have no end.
	Until time.Time
	// Replace takes away the opposite decision, which otherwise refuses this one.
	Replace bool
	// Keep leaves an assignment alone that holds for as long or longer, with who made it and when.
	Keep bool
}

// Assign puts users in a group, whatever its rule says, and keeps them there until the assignment is
// taken away or its time is up. For a user who is in already this is "switch to manual"; a second
// assignment replaces the first. Users who are not in the directory may be assigned; they are in as
// soon as they are there. A user who is excluded is refused with [ErrExcluded], unless the decision
// says that it replaces. All users are assigned, or none. Groups that refer to this one follow, and a
// group that was turned on or off since it was last processed is processed with it. In a group with a
// [Schedule] the assignment waits for it, but for users who assign themselves.
func (e *Evaluator) Assign(ctx context.Context, group GroupID, d Decision, users ...UserID) (*Run, error) {
	return e.decide(ctx, users, &act{group: group, by: d.By, why: d.Why, texts: []string{d.Source, d.Approver}}, func(r *run, st *Standing) error {
		if st.Exclusion != nil && e.opts.Exclusions && !d.Replace {
			return ErrExcluded
		}
		if d.Replace {
			st.Exclusion = nil
		}
		if d.Keep && st.Assignment.covers(d.Until) {
			return nil
		}
		st.Assignment = &Assignment{By: d.By, At: r.now, Why: d.Why, Until: d.Until, Source: d.Source, Approver: d.Approver}
		return nil
	})
}

// Unassign takes assignments away ("remove manual assignment"). Whoever the rule holds for stays in
// as an automatic member, by one switch; the others leave. Without an assignment nothing happens.
func (e *Evaluator) Unassign(ctx context.Context, group GroupID, by string, users ...UserID) (*Run, error) {
	return e.decide(ctx, users, &act{group: group, by: by}, unassign)
}

func unassign(_ *run, st *Standing) error {
	st.Assignment = nil
	return nil
}

// Exclude keeps users out of a group, whatever its rule says, where [Options] turn exclusions on;
// else it is refused with [errors.ErrUnsupported]. A user who is assigned is refused with [ErrAssigned],
// unless the decision says that it replaces. All users are excluded, or none.
func (e *Evaluator) Exclude(ctx context.Context, group GroupID, d Decision, users ...UserID) (*Run, error) {
	if !e.opts.Exclusions {
		return nil, fmt.Errorf("group %q: %w", group, errors.ErrUnsupported)
	}
	return e.decide(ctx, users, &act{group: group, by: d.By, why: d.Why, texts: []string{d.Source, d.Approver}}, func(r *run, st *Standing) error {
		if st.Assignment.Holds(r.now) && !d.Replace {
			return ErrAssigned
		}
		st.Assignment = nil
		st.Exclusion = &Exclusion{By: d.By, At: r.now, Why: d.Why, Source: d.Source, Approver: d.Approver}
		return nil
	})
}

// Readmit takes exclusions away.
func (e *Evaluator) Readmit(ctx context.Context, group GroupID, by string, users ...UserID) (*Run, error) {
	return e.decide(ctx, users, &act{group: group, by: by}, func(_ *run, st *Standing) error {
		st.Exclusion = nil
		return nil
	})
}

// TakeOut takes users out of a group. Those who would stay in because of its rule are refused, each
// with an [*EligibleError] that says what would change it, and then nobody is taken out: in Docebo nobody can be forced out of an
// automatic group, and [Evaluator.Exclude] is an act of its own.
func (e *Evaluator) TakeOut(ctx context.Context, group GroupID, by string, users ...UserID) (*Run, error) {
	a := &act{group: group, by: by, takeOut: true}
	r, err := e.decide(ctx, users, a, unassign)
	if !errors.Is(err, ErrEligible) {
		return r, err
	}
	for _, refused := range a.refused {
		eligible, is := errors.AsType[*EligibleError](refused)
		if !is {
			continue
		}
		x, failed := e.Explain(ctx, group, eligible.User)
		if failed != nil {
			return nil, errors.Join(err, failed)
		}
		if told := eligible.Explanation; told.Verdict == x.Verdict { // else it is another by now
			told.Otherwise = x.Otherwise
		}
	}
	return nil, err
}

// ExplainIf explains users of a group as if people had decided otherwise about them, at an instant: decided changes the
// Assignment and the Exclusion of what is stored about each, and may do nothing; what else it changes is ignored. Each is explained as processing all
// groups at that instant would leave them, if nothing else changed meanwhile and the [Guard] held nothing that it does
// not hold already; a group with a [Schedule] is taken as processed then. It comes in the order of the users, and
// writes nothing; what data would change the verdict is not looked for. A user who is not in the directory is out by absence. An unknown group is an error that wraps
// [ErrNotFound]. Beside explaining each it costs one reading of the groups, and of the units and the people above the
// users as far as their rules ask for them.
func (e *Evaluator) ExplainIf(ctx context.Context, group GroupID, at time.Time, decided func(*Standing), users ...UserID) ([]*Explanation, error) {
	then := e.over(e.dir)
	then.opts.Now, then.opts.Guard = func() time.Time { return at }, &Guard{}
	r, err := then.begin(ctx, nil)
	if err != nil {
		return nil, err
	}
	s, ok := r.groups[group]
	if !ok {
		return nil, fmt.Errorf("group %q: %w", group, ErrNotFound)
	}
	for _, id := range append(r.refs.allNeeds(group), group) {
		r.groups[id].partial = true
	}
	s.waits = false
	r.users = map[UserID]struct{}{}
	for _, id := range users {
		r.users[id] = struct{}{}
	}
	if err := r.evaluate(ctx); err != nil {
		return nil, err
	}
	list := make([]*Explanation, 0, len(users))
	for _, id := range users {
		u, err := r.user(ctx, id)
		if err == nil {
			err = r.alone(ctx, id, u)
		}
		if err != nil {
			return nil, err
		}
		st, other := s.standing, s.standing
		decided(&other)
		st.Assignment, st.Exclusion = other.Assignment, other.Exclusion
		list = append(list, r.explain(s, u, st))
	}
	return list, nil
}

// act is a person's decision about the users of the run in one group.
type act struct {
	group   GroupID
	by      string
	why     string
	texts   []string // what else the person wrote
	apply   func(Standing) (Standing, error)
	takeOut bool // refuse users who are still in afterwards
	refused []error
}

// revise applies the act to what is stored about a user, if the act is about them.
func (a *act) revise(r *run, st Standing) (revised Standing, meant bool) {
	if a == nil || a.group != st.Group {
		return st, false
	}
	if _, meant = r.users[st.User]; !meant {
		return st, false
	}
	revised, err := a.apply(st)
	if err != nil {
		a.refused = append(a.refused, &DecisionError{st.Group, st.User, err})
	}
	r.acts = append(r.acts, decisionActs(st, revised, a.by, a.why, r.now)...)
	return revised, true
}

// decide changes what is stored about users in one group and brings it, and the groups that refer to
// it, up to date for them.
func (e *Evaluator) decide(ctx context.Context, users []UserID, a *act, change func(*run, *Standing) error) (*Run, error) {
	unusable := []error{checkText(append(a.texts, a.by, a.why)...)}
	for _, id := range users {
		unusable = append(unusable, id.Check())
	}
	if err := errors.Join(unusable...); err != nil {
		return nil, err
	}
	return e.write(ctx, "decide", func() (*run, error) {
		r, err := e.begin(ctx, nil)
		if err != nil {
			return nil, err
		}
		about, ok := r.groups[a.group]
		if !ok {
			return nil, fmt.Errorf("group %q: %w", a.group, ErrNotFound)
		}
		// Who is taken out is to be out, whatever the rule lets go of; what is held goes on being so.
		about.trusted = a.takeOut && about.State.Held == ""
		var pending []GroupID // activated or inactivated, and not processed since
		for _, id := range append(r.refs.dependents([]GroupID{a.group}), a.group) {
			s := r.groups[id]
			s.partial = !s.waits || s == about
			if s.State.Live != (s.Status == Active) {
				pending = append(pending, id)
			}
		}
		r.takeWhole(pending)
		r.users = map[UserID]struct{}{}
		for _, id := range users {
			r.users[id] = struct{}{}
		}
		a.apply = func(st Standing) (Standing, error) {
			err := change(r, &st)
			return st, err
		}
		a.refused = nil
		r.act = a
		if err := r.evaluate(ctx); err != nil {
			return nil, err
		}
		return r, errors.Join(a.refused...)
	})
}

// A DecisionError refuses a decision about one user that contradicts an earlier one. Several come
// joined, one for each user refused.
type DecisionError struct {
	Group GroupID
	User  UserID
	Err   error // ErrExcluded or ErrAssigned
}

// Error names the user, the group and the earlier decision.
func (e *DecisionError) Error() string { return fmt.Sprintf("user %q: %v %q", e.User, e.Err, e.Group) }

// Unwrap returns the sentinel.
func (e *DecisionError) Unwrap() error { return e.Err }

// An EligibleError refuses to take out a user whom the rule keeps in. Only a change of the user's
// data, as Explanation.Otherwise has it, or of the rule takes them out. It wraps [ErrEligible].
type EligibleError struct {
	Group       GroupID
	User        UserID
	Explanation *Explanation
}

// Error names the user, the group and the conditions that hold them in.
func (e *EligibleError) Error() string {
	var held []string
	for _, s := range e.Explanation.Sets {
		for _, c := range s.Conditions {
			if s.Verdict == Yes && c.Verdict == Yes {
				held = append(held, c.Text)
			}
		}
	}
	if len(held) == 0 {
		held = []string{"what is known does not take them out"}
	}
	switch {
	case e.Explanation.Waits == waitsForGuard:
		held = []string{"the guard holds the group as it was"}
	case e.Explanation.Frozen:
		held = []string{"the group is frozen as the rule left it"}
	}
	return fmt.Sprintf("user %q is in group %q because of its rule: %s", e.User, e.Group, strings.Join(held, "; "))
}

// Unwrap returns [ErrEligible].
func (e *EligibleError) Unwrap() error { return ErrEligible }
