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
// approves ([Evaluator.Approve]) or publishes over, or which better data make void: a later run in which
// somebody who was to leave stays, and which reaches no limit. That time passes ends no hold.
//
// It judges what rules, deactivation and absence do to members of active groups, in [Evaluator.Process],
// [Evaluator.Changed], [Evaluator.Import] and to the groups that follow an act on another group.
// What a person has seen or decided is not held: [Evaluator.Publish], [Evaluator.Adopt], the first
// run of an active group, activation, inactivation, deletion, and decisions about users. What a rule,
// deactivation or absence does to a user is judged also where the run is about a decision, unless that is
// to take them out.
//
// A held group is as it was: its automatic bits stay as stored, and whoever would leave by deactivation
// or absence stays. Assignments, exclusions and their ends count at once. Nothing of a held group is
// written, the other groups go on, and conditions on the held group find it as it was. Frozen, it waits to
// be unfrozen.
type Guard struct {
	// Group limits what one run does to one group, and Day what the runs of 24 hours do to one group, so
	// that a drip of small batches cannot pass underneath. Run limits what one run does to all groups
	// together, and Runs what the runs of 24 hours do, so that many small groups cannot; both count what
	// the limits on groups do not hold already, and hold all the groups that the run moves.
	Group, Day, Run, Runs Bounds
}

// Bounds are for both directions; nil is none.
type Bounds struct {
	Leaves, Joins *Limit
}

// A Limit is reached by MinCount moves that are also MaxPercent of the members there were before, by
// MaxCount moves, or by leaves after which nobody is left of EmptyFrom members or more. It is asked
// about automatic members among themselves, so that many who are assigned hide nothing, and about
// leaves of all members among all. Of 24 hours, those who left in them count as members. The zero Limit
// is reached by a single move: it allows none.
type Limit struct {
	MinCount   int
	MaxPercent int
	MaxCount   int
	EmptyFrom  int
}

// DefaultGuard is the Guard of nil [Options]: leaves of a group are held when they are 100 and 20 % of
// its members, or 500, or empty a group of 20, be it at once or within 24 hours; leaves of all groups
// when they are 100 and 20 % of the members of all, likewise. Joins are not limited.
// The figures are those of Okta's and Grouper's safeguards (20 %, 100) and of Entra Connect's (500).
func DefaultGuard() *Guard {
	group := Bounds{Leaves: &Limit{MinCount: 100, MaxPercent: 20, MaxCount: 500, EmptyFrom: 20}}
	all := Bounds{Leaves: &Limit{MinCount: 100, MaxPercent: 20, MaxCount: math.MaxInt, EmptyFrom: math.MaxInt}}
	return &Guard{Group: group, Day: group, Run: all, Runs: all}
}

// reached says how n moves of so many reach the limit, in words about both, blank where they do not.
func (l *Limit) reached(n, of int, words string) string {
	both := func() string { return fmt.Sprintf(words, thousands(n), thousands(of)) }
	switch {
	case l == nil || n == 0:
		return ""
	case n >= l.MaxCount:
		return fmt.Sprintf("%s reach the %s allowed", both(), thousands(l.MaxCount))
	case n >= l.MinCount && float64(n)*100 >= float64(of)*float64(l.MaxPercent):
		return fmt.Sprintf("%s reach %d %%", both(), l.MaxPercent)
	}
	return ""
}

// emptied says how leaves after which nobody is left of so many reach the limit.
func (l *Limit) emptied(nobody bool, of int, text string) string {
	if l == nil || !nobody || of < l.EmptyFrom {
		return ""
	}
	return fmt.Sprintf(text, thousands(of))
}

// What the limits of a [Hold] begin with.
const (
	leavesLimit = "leaves "
	joinsLimit  = "joins "
)

// A window is what a limit is asked about: the moves of a run, or of 24 hours.
type window struct {
	name  string
	moves Traffic
	// automatic and members are how many there were; bare and empty say that none of them are left.
	automatic, members int
	bare, empty        bool
}

// leaves says how the leaves reach a limit.
func (w *window) leaves(l *Limit) string {
	text := cmp.Or(
		l.reached(w.moves.Left-w.moves.Assigned, w.automatic, "%s of %s automatic members"),
		l.reached(w.moves.Left, w.members, "%s of %s members"),
		l.emptied(w.empty, w.members, "they empty a group of %s"),
		l.emptied(w.bare, w.automatic, "they leave none of %s automatic members"))
	if text != "" {
		text = leavesLimit + w.name + ": " + text
	}
	return text
}

// joins says how the joins reach a limit.
func (w *window) joins(l *Limit) string {
	text := l.reached(w.moves.Joined, w.automatic, "%s beside %s automatic members")
	if text != "" {
		text = joinsLimit + w.name + ": " + text
	}
	return text
}

// since is the window with what went before in 24 hours. Leaves are measured against whoever was in at
// some time, joins against those who were in before.
func (w window) since(name string, before Traffic) (leaves, joins window) {
	w.name = name
	w.automatic += before.Left - before.Assigned
	w.members += before.Left
	leaves, joins = w, w
	joins.automatic -= before.Joined
	leaves.moves.add(before)
	joins.moves.add(before)
	return leaves, joins
}

// reached are the limits that a window reaches by itself or, in a day, with what went before.
func reached(w window, once Bounds, day string, daily Bounds, before Traffic) (leaves, joins string) {
	left, joined := w.since(day, before)
	if w.moves.Left > 0 {
		leaves = cmp.Or(w.leaves(once.Leaves), left.leaves(daily.Leaves))
	}
	if w.moves.Joined > 0 {
		joins = cmp.Or(w.joins(once.Joins), joined.joins(daily.Joins))
	}
	return leaves, joins
}

// Traffic is how many members joined and left a group in one hour of the clock by what the [Guard]
// judges: its rule, deactivation and absence.
type Traffic struct {
	Hour     time.Time
	Joined   int
	Left     int
	Assigned int // of those who left, whom a person had put in
}

func (a Traffic) equal(b Traffic) bool {
	return a.Joined == b.Joined && a.Left == b.Left && a.Assigned == b.Assigned && a.Hour.Equal(b.Hour)
}

func (a *Traffic) add(b Traffic) {
	a.Joined += b.Joined
	a.Left += b.Left
	a.Assigned += b.Assigned
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
			if d.Left[i].Before == Manual {
				t.Assigned++
			}
		}
	}
	return t
}

// lately sums up the stored traffic of the 24 hours up to now.
func (s *State) lately(now time.Time) (sum Traffic) {
	for i := range s.Lately {
		if isLate(s.Lately[i].Hour, now) {
			sum.add(s.Lately[i])
		}
	}
	return sum
}

// isLate reports whether an hour counts among the 24 up to now.
func isLate(hour, now time.Time) bool { return hour.Add(25 * time.Hour).After(now) }

// counted is the stored traffic with what was judged in this run. Approving a plan settles the account: who
// approves has seen what it was held for.
func (r *run) counted(s *subject) []Traffic {
	t := s.diff.traffic()
	switch {
	case r.edition.approves(s.ID):
		return nil
	case !s.judged() || t.Joined+t.Left == 0:
		return s.State.Lately
	}
	list := slices.DeleteFunc(slices.Clone(s.State.Lately), func(t Traffic) bool { return !isLate(t.Hour, r.now) })
	t.Hour = r.now.UTC().Truncate(time.Hour)
	if n := len(list); n > 0 && list[n-1].Hour.Equal(t.Hour) {
		list[n-1].add(t)
		return list
	}
	return append(list, t)
}

// A Hold is why the guard holds a plan.
type Hold struct {
	// Since is when the group was first held without an end.
	Since time.Time `json:"since"`
	// Limits are those that were reached, in words.
	Limits []string `json:"limits"`
	// Causes are what the leaving users have in common, most users first.
	Causes []CommonCause `json:"causes"`
}

// A CommonCause is something that takes many users out of a group at once, or in.
type CommonCause struct {
	// Count is how many of the moving users it concerns; a user may move for several causes.
	Count int `json:"count"`
	// Text says it, such as "`department` became empty".
	Text string `json:"text"`
}

// String returns the limits and the causes on one line, such as "leaves of the group: 1,240 of 1,300
// automatic members reach the 500 allowed: 1,204 because `department` became empty, 38 because they were
// deactivated".
func (h *Hold) String() string {
	var causes []string
	for _, c := range h.Causes {
		causes = append(causes, fmt.Sprintf("%s because %s", thousands(c.Count), c.Text))
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
