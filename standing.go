package groups

import (
	"context"
	"iter"
	"time"
)

// A Standing is all that is stored about one user in one group. The zero Standing, but for its
// Group and User, is that of a user who was never in touch with the group.
type Standing struct {
	Group GroupID
	User  UserID
	// Automatic is the automatic bit: what the rule last said for certain.
	Automatic bool
	// Population is how the user is in, effects aside.
	Population Method
	// Member is how the user is in for the host: Population while the group is live.
	Member Method
	// Undecided: what was known did not decide, and the user stayed as they were. To conditions on
	// the group the user is Unknown.
	Undecided bool
	// Assignment and Exclusion are nil where there is none.
	Assignment *Assignment
	Exclusion  *Exclusion
}

// Blank reports whether nothing is worth storing.
func (s Standing) Blank() bool {
	return !s.Automatic && !s.Undecided && s.Population == Outside && s.Member == Outside && s.Assignment == nil && s.Exclusion == nil
}

// standingIn is what a Store has about one user in one group, blank where that is nothing. What it points to
// must not be written to. It asks a Memory itself: a Store that has one within may have more to say.
func standingIn(ctx context.Context, store Store, group GroupID, user UserID) (Standing, error) {
	if m, ok := As[*Memory](store); ok {
		return m.standing(ctx, group, user)
	}
	return standingAmong(store.StandingsOf(ctx, user), group, user)
}

// standingAmong is the standing in a group among those of a user. It stands apart because the loop allocates.
func standingAmong(standings iter.Seq2[Standing, error], group GroupID, user UserID) (Standing, error) {
	for st, err := range standings {
		if err != nil {
			return Standing{}, err
		}
		if st.Group == group {
			return st, nil
		}
	}
	return Standing{Group: group, User: user}, nil
}

// A Member is one row of a membership.
type Member struct {
	User   UserID `json:"user"`
	Method Method `json:"method"`
}

// A regime is what the decision table asks of a group.
type regime struct {
	kind        Kind
	deactivated Policy
	frozen      bool
	effective   bool // the membership is the population
}

func (s *subject) regime() regime { return regime{s.Kind, s.Deactivated, s.Frozen, s.effective()} }

// settle brings a standing up to date with the verdict: the bit, the population, the membership. It says
// which line of the table decided.
func (g regime) settle(u *User, verdict Verdict, st Standing, now time.Time, exclusions bool) (Standing, Reason) {
	st.Automatic = Bit(st.Automatic, u == nil, g.frozen, g.kind, verdict)
	facts := g.facts(u, st, now, exclusions)
	method, by := facts.Decide()
	st.Undecided = facts.undecided(verdict == Unknown)
	return g.enter(st, method), by
}

func (s *subject) settle(u *User, verdict Verdict, st Standing, now time.Time, exclusions bool) (Standing, Reason) {
	return s.regime().settle(u, verdict, st, now, exclusions)
}

// asks reports whether the group asks for verdicts: a manual one has no rule, and a frozen one is as it was.
func (s *subject) asks() bool { return s.Kind == AutomaticGroup && !s.Frozen }

// dropsBits reports whether whoever has the bit is looked at: a manual group, which was another once, takes it from them.
func (s *subject) dropsBits() bool { return s.Kind == ManualGroup && !s.Frozen }

// verdict is the rule's, within the scope of the group's owner; No where the group does not ask.
func (s *subject) verdict(u *User) Verdict {
	if u == nil || !s.asks() {
		return No
	}
	if s.broken {
		return Unknown
	}
	return s.within(u, s.rule.Match(u, &s.view))
}

// within is the verdict of the rule where the owner's scope has been asked as well.
func (s *subject) within(u *User, v Verdict) Verdict {
	switch {
	case s.unread:
		return MatchAll.join(v, Unknown)
	case s.scope != nil:
		return MatchAll.join(v, s.scope(u))
	}
	return v
}

// holdBack is settle for a group that is not to follow its rule for now: the bit stays as it was, and
// whoever is in does not leave by deactivation or absence. What people decided counts.
func (s *subject) holdBack(u *User, st Standing, now time.Time, exclusions bool) (Standing, Reason) {
	g := s.regime()
	facts := g.facts(u, st, now, exclusions)
	if st.Population != Outside {
		facts.Absent, facts.Activation = false, Activated
	}
	method, by := facts.Decide()
	if by == byAssignment || by == byExclusion {
		st.Undecided = false // whatever the rule will say
	}
	return g.enter(st, method), by
}

// facts are what the decision table asks for, with the bit as the standing has it.
func (g regime) facts(u *User, st Standing, now time.Time, exclusions bool) Facts {
	f := Facts{
		Absent: u == nil, Policy: g.deactivated, Assigned: st.Assignment.Holds(now),
		Excluded: exclusions && st.Exclusion != nil, Automatic: st.Automatic, Before: st.Population,
	}
	if u != nil {
		f.Activation = u.Activation
	}
	return f
}

// enter is the standing with the user in the population by that method, and in the membership where
// the group has effects.
func (g regime) enter(st Standing, m Method) Standing {
	st.Population, st.Member = m, Outside
	if g.effective {
		st.Member = m
	}
	return st
}

// effective reports whether the membership is the population: the group is active or, where that waits
// for its schedule, was so when it was last processed.
func (s *subject) effective() bool {
	if s.waits && !s.whole {
		return s.State.Live
	}
	return s.Status == Active
}

// undecided reports whether what is not known, the verdict or the activation, would end differently
// one way and the other.
func (f Facts) undecided(verdictUnknown bool) bool {
	if f.Absent || !verdictUnknown && f.Activation != ActivationUnknown {
		return false
	}
	bits, activations := []bool{f.Automatic}, []Activation{f.Activation}
	if verdictUnknown {
		bits = []bool{false, true}
	}
	if f.Activation == ActivationUnknown {
		activations = []Activation{Activated, Deactivated}
	}
	var first Method
	for i, bit := range bits {
		for j, activation := range activations {
			f.Automatic, f.Activation = bit, activation
			m, _ := f.Decide()
			if i+j == 0 {
				first = m
			} else if m != first {
				return true
			}
		}
	}
	return false
}

func sameStanding(a, b Standing) bool {
	return a.Automatic == b.Automatic && a.Undecided == b.Undecided && a.Population == b.Population && a.Member == b.Member &&
		samePointee(a.Assignment, b.Assignment) && samePointee(a.Exclusion, b.Exclusion)
}

func samePointee[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
