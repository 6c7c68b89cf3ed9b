package groups

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Guard holds back runs that would move suspiciously many members: a feed that lost half of its
// rows looks like half of the people leaving. What it holds is kept as a [Plan], which a person
// approves ([Evaluator.Approve]) or which a later run, on better data, makes void.
//
// It judges what rules, deactivation and absence do to members of active groups, in [Evaluator.Process],
// [Evaluator.Changed], [Evaluator.Import] and to the groups that follow an act on another group.
// What a person has seen or decided is not held: [Evaluator.Publish], [Evaluator.Adopt], the first
// run of an active group, activation, inactivation, deletion, and decisions about users.
//
// A held group is as it was: its automatic bits stay as stored, and whoever would leave by deactivation
// or absence stays. Assignments, exclusions and their ends count at once. Nothing of a held group is
// written, the other groups go on, and conditions on the held group find it as it was.
type Guard struct {
	// Group limits what one run does to one group, Day what the runs of 24 hours do to one group, so
	// that a drip of small batches cannot pass underneath, and Run what one run does to all groups
	// together, so that many small groups cannot; it holds all those it takes members from.
	Group, Day, Run Bounds
}

// Bounds are for both directions; nil is none.
type Bounds struct {
	Leaves, Joins *Limit
}

// A Limit is reached by MinCount moves that are also MaxPercent of the automatic members there were
// before (for leaves of a day, with those who left in it), or by MaxCount moves, or by leaves that empty a group of EmptyFrom members or more. The
// zero Limit is reached by a single move: it allows none.
type Limit struct {
	MinCount   int
	MaxPercent int
	MaxCount   int
	EmptyFrom  int
}

// DefaultGuard is the Guard of nil [Options]: leaves of a group are held when they are 100 and 20 % of
// its automatic members, or 500, or empty a group of 20, be it at once or within 24 hours; leaves of
// a run when they are 100 and 20 % of the automatic members of all groups. Joins are not limited.
// The figures are those of Okta's and Grouper's safeguards (20 %, 100) and of Entra Connect's (500).
func DefaultGuard() *Guard {
	group := &Limit{MinCount: 100, MaxPercent: 20, MaxCount: 500, EmptyFrom: 20}
	run := &Limit{MinCount: 100, MaxPercent: 20, MaxCount: math.MaxInt, EmptyFrom: math.MaxInt}
	return &Guard{Group: Bounds{Leaves: group}, Day: Bounds{Leaves: group}, Run: Bounds{Leaves: run}}
}

// reached reports whether n moves of so many automatic members reach the limit, and says how.
func (l *Limit) reached(n, of int, empties bool) (string, bool) {
	switch {
	case l == nil || n == 0:
		return "", false
	case n >= l.MaxCount:
		return fmt.Sprintf("%d reach the %d allowed", n, l.MaxCount), true
	case n >= l.MinCount && float64(n)*100 >= float64(of)*float64(l.MaxPercent):
		return fmt.Sprintf("%d of %d automatic members reach %d %%", n, of, l.MaxPercent), true
	case empties && of >= l.EmptyFrom:
		return fmt.Sprintf("they empty a group of %d", of), true
	}
	return "", false
}

// least is the smallest number of moves that can reach the limit.
func (l *Limit) least() int {
	if l == nil {
		return math.MaxInt
	}
	return max(1, min(l.MinCount, l.MaxCount, l.EmptyFrom))
}

// Traffic is how many members joined and left a group by its rule, by deactivation or by absence in one
// hour of the clock, without what was approved.
type Traffic struct {
	Hour   time.Time
	Joined int
	Left   int
}

func (a Traffic) equal(b Traffic) bool {
	return a.Joined == b.Joined && a.Left == b.Left && a.Hour.Equal(b.Hour)
}

// guarded reports whether the guard counts the change.
func (c *Change) guarded() bool {
	switch c.Cause {
	case causeRule, causeDeactivation, causeAbsence:
		return c.Kind != Switched
	}
	return false
}

// traffic is what the guard counts of a diff.
func (d *Diff) traffic() (t Traffic) {
	for i := range d.Joined {
		if d.Joined[i].guarded() {
			t.Joined++
		}
	}
	for i := range d.Left {
		if d.Left[i].guarded() {
			t.Left++
		}
	}
	return t
}

// lately is the stored traffic of the 24 hours up to now.
func (s State) lately(now time.Time) (list []Traffic, sum Traffic) {
	for _, t := range s.Lately {
		if t.Hour.Add(25 * time.Hour).After(now) {
			list = append(list, t)
			sum.Joined += t.Joined
			sum.Left += t.Left
		}
	}
	return list, sum
}

// counted is the stored traffic with that of this run. Once a person has seen a plan of the group the
// account is settled.
func (r *run) counted(s *subject) []Traffic {
	t := s.diff.traffic()
	switch {
	case r.edition != nil && r.edition.group == s.ID:
		return nil
	case t.Joined+t.Left == 0:
		return s.State.Lately
	}
	list, _ := s.State.lately(r.now)
	t.Hour = r.now.UTC().Truncate(time.Hour)
	list = slices.Clone(list)
	if n := len(list); n > 0 && list[n-1].Hour.Equal(t.Hour) {
		list[n-1].Joined += t.Joined
		list[n-1].Left += t.Left
		return list
	}
	return append(list, t)
}

// A Hold is why the guard holds a plan.
type Hold struct {
	// Limits are those that were reached, in words.
	Limits []string `json:"limits"`
	// Causes are what the leaving users have in common, most users first.
	Causes []CommonCause `json:"causes"`
}

// A CommonCause is something that takes many users out of a group at once.
type CommonCause struct {
	// Count is how many of the leaving users it concerns; a user may leave for several causes.
	Count int `json:"count"`
	// Text says it, such as "`department` became empty".
	Text string `json:"text"`
}

// String returns the limits and the causes on one line, such as "1240 of 1300 automatic members reach
// 20 %: 1204 because `department` became empty, 38 because they were deactivated".
func (h *Hold) String() string {
	var causes []string
	for _, c := range h.Causes {
		causes = append(causes, fmt.Sprintf("%d because %s", c.Count, c.Text))
	}
	text := strings.Join(h.Limits, "; ")
	if len(causes) > 0 {
		text += ": " + strings.Join(causes, ", ")
	}
	return text
}

// causes collects common causes by their text.
type causes map[string]int

func (c causes) list() []CommonCause {
	out := make([]CommonCause, 0, len(c))
	for text, n := range c {
		out = append(out, CommonCause{n, text})
	}
	slices.SortFunc(out, func(a, b CommonCause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	return out
}
