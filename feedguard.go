package groups

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A FeedGuard refuses an import of people that is readable and yet looks wrong: half of them
// missing, a column blank, keys that slipped against their rows. [Evaluator.PlanImport] compares the
// file with what is stored, and lists in [ImportPlan.Objections] where a limit is reached. A limit that
// is nil is off; what is measured stands in [ImportPlan.Feed] either way.
//
// A file may be about a few people only, so what is in its columns is measured against those of them
// who are stored; who goes missing or is switched off, against everybody stored.
type FeedGuard struct {
	// Missing is about stored users who are not in the file, and whom it would therefore switch off
	// or take out. It is never reached under [KeepMissing].
	Missing *FeedLimit
	// Deactivated is about active users whom the status column switches off.
	Deactivated *FeedLimit
	// Replaced is about users who keep less than half of the values they have, of five or more: the
	// keys slipped against the rows, which are other people's.
	Replaced *FeedLimit
	// Blanked is about users who lose their value in one column, about units that are gone from a
	// tree, and about users who lose an enrollment, its status or its completion.
	Blanked *FeedLimit
	// Changed is about users who get another value in one column that a group reads.
	Changed *FeedLimit
	// Unseen is about those of them whose new value no stored user has in that column.
	Unseen *FeedLimit
	// Moved is about units of one tree that get another parent.
	Moved *FeedLimit
}

// A FeedLimit is reached by at least MinCount who are at least MaxPercent of those it could have
// been. The zero FeedLimit allows none.
type FeedLimit struct {
	MinCount   int
	MaxPercent int
	// AllOf also reaches the limit where it is all of at least so many, as in a small company;
	// 0 is off.
	AllOf int
}

// DefaultFeedGuard is the guard of an [Evaluator] whose Options name none: 100 or more who are 20 %,
// or all of 20 or more, for everything but two. Never-seen values are let through up to 40 %: half a
// year of a government's posts brought 21 % to its busiest column, and a column shifted into another brings
// nearly all. Changed is off: each September every pupil is in another year, and rightly so.
func DefaultFeedGuard() *FeedGuard {
	limit := func() *FeedLimit { return &FeedLimit{MinCount: 100, MaxPercent: 20, AllOf: 20} }
	return &FeedGuard{
		Missing: limit(), Deactivated: limit(), Replaced: limit(), Blanked: limit(), Moved: limit(),
		// A small file that founds a department is all never-seen, so "all of" is off.
		Unseen: &FeedLimit{MinCount: 100, MaxPercent: 40},
	}
}

// reached reports whether count out of of is too many.
func (l *FeedLimit) reached(count, of int) bool {
	if l == nil || count == 0 {
		return false
	}
	return count >= l.MinCount && int64(count)*100 >= int64(l.MaxPercent)*int64(of) || l.AllOf > 0 && count == of && of >= l.AllOf
}

// A FeedObjection is one limit of the [FeedGuard] that a file reaches.
type FeedObjection struct {
	// Code is the limit: "missing", "deactivated", "replaced", "blanked", "changed", "unseen" or
	// "moved".
	Code string `json:"code"`
	// Column or Tree is where, as in [FeedFigure]; neither for the first three, which are about people.
	Column string `json:"column,omitempty"`
	Tree   Tree   `json:"tree,omitempty"`
	// Text says it in English, on one line.
	Text string `json:"text"`
	// Count out of Of reached the limit.
	Count int `json:"count"`
	Of    int `json:"of"`
	// Groups are those that read it, themselves or through groups that they refer to; missing and
	// replaced people concern every group.
	Groups []GroupID `json:"groups,omitempty"`
}

// String returns the text.
func (o FeedObjection) String() string { return o.Text }

// ErrFeed is wrapped by a [*FeedError].
var ErrFeed = errors.New("refused by the feed guard")

// A FeedError refuses an import to which the [FeedGuard] objects. Nothing was written.
type FeedError struct {
	Objections []FeedObjection // at least one
}

// Error returns the objections, one a line below the first.
func (e *FeedError) Error() string {
	var b strings.Builder
	b.WriteString(ErrFeed.Error())
	for _, o := range e.Objections {
		b.WriteString("\n" + o.String())
	}
	return b.String()
}

// Unwrap returns [ErrFeed].
func (e *FeedError) Unwrap() error { return ErrFeed }

// judge lists where the limits are reached: people first, then as the figures are. status are the
// groups that read who is switched off.
func (g *FeedGuard) judge(feed *Feed, missing MissingUsers, status []GroupID) []FeedObjection {
	var out []FeedObjection
	ask := func(l *FeedLimit, code string, count, of int, f FeedFigure, where, what, readers string) {
		if l.reached(count, of) {
			text := fmt.Sprintf("%s: %s of %s %s (%d %%)%s", where, thousands(count), thousands(of), what, int64(count)*100/int64(of), readers)
			out = append(out, FeedObjection{code, f.Column, f.Tree, text, count, of, f.Groups})
		}
	}
	fates := [...]string{DeactivateMissing: "deactivated", RemoveMissing: "removed"}
	if missing != KeepMissing {
		ask(g.Missing, "missing", feed.Missing, feed.Known, FeedFigure{}, "people", "known users are not in the file and would be "+fates[missing], "")
	}
	ask(g.Deactivated, "deactivated", feed.Deactivated, feed.Active, FeedFigure{Groups: status}, "people", "active users would be deactivated", readBy(status))
	ask(g.Replaced, "replaced", feed.Replaced, feed.Compared, FeedFigure{}, "people", "users would keep less than half of their values, as if their rows were other people's", "")
	for _, f := range feed.Figures {
		read := readBy(f.Groups)
		switch {
		case f.Tree != "":
			where := fmt.Sprintf("tree %q", f.Tree)
			ask(g.Blanked, "blanked", f.Blanked, f.Had, f, where, "units would be gone", read)
			ask(g.Moved, "moved", f.Changed, f.Had, f, where, "units would have another parent", read)
		case f.Column == "":
			ask(g.Blanked, "blanked", f.Blanked, f.Had, f, "enrollments", "enrolled users would lose a record, or its status or completion", read)
		default:
			where := fmt.Sprintf("column %q", f.Column)
			ask(g.Blanked, "blanked", f.Blanked, f.Had, f, where, "users with a value would have none", read)
			if len(f.Groups) > 0 {
				ask(g.Changed, "changed", f.Changed, f.Had, f, where, "users with a value would have another", read)
				ask(g.Unseen, "unseen", f.Unseen, f.Had, f, where, "users with a value would have one that nobody has", read)
			}
		}
	}
	return out
}

// readBy names the groups that read something, the first ten of them.
func readBy(ids []GroupID) string {
	if len(ids) == 0 {
		return "; no group reads it"
	}
	text := "; read by groups " + quoted(ids[:min(len(ids), 10)])
	if len(ids) == 1 {
		text = "; read by group " + quoted(ids)
	}
	if more := len(ids) - 10; more > 0 {
		text += fmt.Sprintf(" and %s more", thousands(more))
	}
	return text
}

// thousands writes a count as 1,204.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
