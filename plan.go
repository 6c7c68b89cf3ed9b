package groups

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Plan is what saving one definition would do to memberships, to be looked at and then published
// ([Evaluator.Publish]), or what the [Guard] holds back until it is approved ([Evaluator.Approve]). It
// is plain data with a durable JSON form, so that it can be carried out in another request and another
// process. Nothing of it is written until then.
type Plan struct {
	// ID is a fingerprint of what follows, but for the clock, the findings, the limits and the causes: two
	// plans with the same ID do the same.
	ID string `json:"id"`
	// Group is the definition to be saved, with the Revision it started from; of a held plan, the stored
	// one.
	Group Group `json:"group"`
	// Members is what becomes of the members where the kind of the group changes.
	Members CurrentMembers `json:"members,omitempty"`
	// Now is the clock it was worked out with.
	Now time.Time `json:"now"`
	// Diff is what happens in the group. While it is inactive, that is in Withheld.
	Diff Diff `json:"diff"`
	// Kept are those in the population who stay as they are; none are named in a held plan.
	Kept []Member `json:"kept"`
	// Others is what happens in the groups that refer to this one, sorted by group, where something
	// does; none in a held plan, after which they follow.
	Others []Diff `json:"others"`
	// Findings is what is wrong with the data.
	Findings []Finding `json:"findings"`
	// Hold is why the plan is held; nil in a preview.
	Hold *Hold `json:"hold,omitempty"`
}

// CurrentMembers says what becomes of the members of a group whose kind changes.
type CurrentMembers uint8

const (
	// MembersUnsaid: the caller did not say, so that a change of kind is refused. The zero CurrentMembers.
	MembersUnsaid CurrentMembers = iota
	// MembersAssigned: whoever is in stays in, by assignment.
	MembersAssigned
	// MembersDropped: assignments end as well, so that a manual group starts empty and an automatic one
	// with those for whom its rule holds.
	MembersDropped
)

// String returns "unsaid", "assigned" or "dropped".
func (m CurrentMembers) String() string { return name(m, "unsaid", "assigned", "dropped") }

// MarshalText writes the word that [CurrentMembers.String] returns.
func (m CurrentMembers) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what [CurrentMembers.MarshalText] wrote.
func (m *CurrentMembers) UnmarshalText(text []byte) error { return unname(m, text, MembersDropped) }

var (
	// ErrPlan is wrapped by the error for a plan that is not as it was made, or is held and not to be
	// published, or the reverse.
	ErrPlan = errors.New("not a plan that can be carried out")
	// ErrStale is wrapped by a [*StaleError].
	ErrStale = errors.New("the plan is out of date")
)

// fingerprint is what the plan's ID has to be.
func (p *Plan) fingerprint() string {
	h := sha256.New()
	g := p.Group
	g.SavedBy, g.SavedAt = "", time.Time{}
	fmt.Fprintf(h, "%s %v\n", recorded(&g), p.Members)
	if p.Hold != nil {
		fmt.Fprintln(h, p.Hold.Since.UTC())
	}
	fates := p.fates()
	for _, at := range sortedPlaces(fates) {
		fmt.Fprintf(h, "%q %q %+v\n", at.group, at.user, fates[at])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// check refuses a plan that something has been done to.
func (p *Plan) check(held bool) error {
	switch {
	case p == nil || p.ID != p.fingerprint():
		return fmt.Errorf("%w: it is not as it was made", ErrPlan)
	case held && p.Hold == nil:
		return fmt.Errorf("group %q: %w: it is not held", p.Group.ID, ErrPlan)
	case !held && p.Hold != nil:
		return fmt.Errorf("group %q: %w: it is held, and has to be approved", p.Group.ID, ErrPlan)
	}
	return nil
}

// A Fate is what a plan says of one user in one group.
type Fate struct {
	Before    Method `json:"before"`
	After     Method `json:"after"`
	Undecided bool   `json:"undecided,omitempty"`
}

// String returns "automatic → outside" or the like, and of the zero Fate "no move".
func (f Fate) String() string {
	if f == (Fate{}) {
		return "no move"
	}
	text := fmt.Sprintf("%v → %v", f.Before, f.After)
	if f.Undecided {
		text += ", undecided"
	}
	return text
}

// place is one user in one group.
type place struct {
	group GroupID
	user  UserID
}

// fates are what the plan says, by user and group.
func (p *Plan) fates() map[place]Fate {
	all := fatesOf(append([]Diff{p.Diff}, p.Others...))
	for _, m := range p.Kept {
		at := place{p.Group.ID, m.User}
		f := all[at] // who is undecided stays as they are too
		f.Before, f.After = m.Method, m.Method
		all[at] = f
	}
	return all
}

// fatesOf are what diffs say.
func fatesOf(diffs []Diff) map[place]Fate {
	all := map[place]Fate{}
	for _, d := range diffs {
		for _, list := range [][]Change{d.Joined, d.Left, d.Switched, d.Withheld} {
			for _, c := range list {
				all[place{c.Group, c.User}] = Fate{Before: c.Before, After: c.After}
			}
		}
		for _, m := range d.Undecided {
			at := place{d.Group, m.User}
			f, moves := all[at]
			if !moves {
				f = Fate{Before: m.Method, After: m.Method}
			}
			f.Undecided = true
			all[at] = f
		}
	}
	return all
}

func sortedPlaces[V any](m map[place]V) []place {
	list := make([]place, 0, len(m))
	for at := range m {
		list = append(list, at)
	}
	slices.SortFunc(list, func(a, b place) int { return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.user, b.user)) })
	return list
}

// deviations is where two plans differ, by group and user.
func (p *Plan) deviations(now *Plan) []Deviation { return deviations(p.fates(), now.fates()) }

// deviations is where two runs differ, in what they write and in what the guard holds.
func (r *Run) deviations(now *Run) []Deviation {
	held := func(r *Run) (diffs []Diff) {
		for _, p := range r.Held {
			diffs = append(diffs, p.Diff)
		}
		return diffs
	}
	return append(deviations(fatesOf(r.Diffs), fatesOf(now.Diffs)), deviations(fatesOf(held(r)), fatesOf(held(now)))...)
}

func deviations(planned, actual map[place]Fate) []Deviation {
	all := make(map[place]bool, len(planned))
	for at := range planned {
		all[at] = true
	}
	for at := range actual {
		all[at] = true
	}
	var list []Deviation
	for _, at := range sortedPlaces(all) {
		was, is := planned[at], actual[at]
		if was != is {
			list = append(list, Deviation{at.group, at.user, was, is})
		}
	}
	return list
}

// A Deviation is a user of whom a plan says something else than what would happen now. The zero Fate is
// that of somebody who does not move: of a preview, which lists who stays in, of somebody who is not in and
// does not come in; of an import and of what the guard holds, which list moves alone, of members as well.
type Deviation struct {
	Group   GroupID `json:"group"`
	User    UserID  `json:"user"`
	Planned Fate    `json:"planned"`
	Now     Fate    `json:"now"`
}

// String returns the deviation on one line.
func (d Deviation) String() string {
	return fmt.Sprintf("user %q in group %q: planned %v, now %v", d.User, d.Group, d.Planned, d.Now)
}

// A StaleError refuses a plan that would not do any more what it says, with the difference. It wraps
// [ErrStale].
type StaleError struct {
	Group      GroupID     // blank: the plan of an import, about all groups
	Difference []Deviation // by group and user
}

// Error names the group and the first of the users concerned.
func (e *StaleError) Error() string {
	var b strings.Builder
	if e.Group != "" {
		fmt.Fprintf(&b, "group %q: ", e.Group)
	}
	b.WriteString(ErrStale.Error())
	const most = 3
	for i, d := range e.Difference {
		if i == most {
			fmt.Fprintf(&b, "; and %d more", len(e.Difference)-most)
			break
		}
		fmt.Fprintf(&b, "; %v", d)
	}
	return b.String()
}

// Unwrap returns [ErrStale].
func (e *StaleError) Unwrap() error { return ErrStale }

// summary is the plan without its lists, for the audit.
func (p *Plan) summary() json.RawMessage {
	short := *p
	short.Diff = Diff{Group: p.Diff.Group, Population: p.Diff.Population, Members: p.Diff.Members}
	short.Kept, short.Others, short.Findings = []Member{}, []Diff{}, []Finding{}
	return recorded(&short)
}
