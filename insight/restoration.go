package insight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// A Restoration is what it would do to go back to a version of a group's criteria.
type Restoration struct {
	Version Version `json:"version"`
	// Plan is the preview, to be published by [groups.Evaluator.Publish].
	Plan *groups.Plan `json:"plan"`
	// At is when the version ended, which is when the next one was saved, and Then is how many members there were;
	// of the newest version, when this was asked.
	At   time.Time `json:"at"`
	Then int       `json:"then"`
	// Discrepancies are those who would be in after the plan and were not at the end of the version, or the reverse, by
	// user, and Causes what they have in common, most users first.
	Discrepancies []Discrepancy        `json:"discrepancies"`
	Causes        []groups.CommonCause `json:"causes"`
	// Forgotten is how many members were erased since, of whom it is not known whether they were in.
	Forgotten int `json:"forgotten"`
}

// A Discrepancy is a user whom a version that is restored would not find as it left them.
type Discrepancy struct {
	User  groups.UserID `json:"user"`
	Then  groups.Method `json:"then"`
	After groups.Method `json:"after"`
	// Why has a reason at least.
	Why []string `json:"why"`
}

// Restored previews what it would do to go back to a version of a group's criteria, and says who would still differ from
// the membership on the day when it ended, the last that people saw of it, and why: the rule is the same, and what is
// known of people, what people decided about them and the rest of the group need not be. While the group is inactive it is
// about its population. A version that is not kept is an error that wraps [groups.ErrNotFound]; where the change feed does
// not go back to that day, it wraps [ErrHistory].
func (d *Desk) Restored(ctx context.Context, group groups.GroupID, version uint64) (*Restoration, error) {
	all, err := d.versions(ctx, group)
	if err != nil {
		return nil, err
	}
	of, i, err := find(all, group, version)
	if err != nil {
		return nil, err
	}
	x := &Restoration{Version: of, At: d.ev.Now()}
	since := func(time.Time) bool { return false }
	if i+1 < len(all) {
		x.At = all[i+1].At
		since = func(t time.Time) bool { return !t.Before(x.At) }
	}
	r, err := d.record(ctx, group, x.At, since, func() error {
		g, err := d.store.Group(ctx, group)
		if err != nil {
			return err
		}
		g.Criteria = x.Version.Criteria
		x.Plan, err = d.ev.Preview(ctx, g, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	x.Then, x.Forgotten = r.then(), r.forgotten
	if err := d.compareWith(ctx, x, r); err != nil {
		return nil, err
	}
	return x, nil
}

// after is who would be in after a plan.
func after(p *groups.Plan) map[groups.UserID]groups.Method {
	in := map[groups.UserID]groups.Method{}
	for _, m := range p.Kept {
		in[m.User] = m.Method
	}
	for _, list := range [][]groups.Change{p.Diff.Joined, p.Diff.Switched, p.Diff.Withheld} {
		for _, c := range list {
			if c.After != groups.Outside {
				in[c.User] = c.After
			}
		}
	}
	return in
}

// compareWith finds who would differ from what was, and why.
func (d *Desk) compareWith(ctx context.Context, x *Restoration, r *record) error {
	will := after(x.Plan)
	differ := map[groups.UserID]bool{} // by whether they would be in
	for _, users := range []map[groups.UserID]groups.Method{will, r.members} {
		for u := range users {
			if in := will[u] != groups.Outside; in != (r.was(u) != groups.Outside) {
				differ[u] = in
			}
		}
	}
	for u := range r.moved {
		if in := will[u] != groups.Outside; in != (r.was(u) != groups.Outside) {
			differ[u] = in
		}
	}
	why, err := d.why(ctx, x.Plan.Group, r, differ)
	if err != nil {
		return err
	}
	x.Discrepancies = []Discrepancy{}
	for _, u := range sortedUsers(differ) {
		x.Discrepancies = append(x.Discrepancies, Discrepancy{u, r.was(u), will[u], why[u]})
	}
	x.Causes = common(why)
	return nil
}

// why are the reasons for which users are otherwise than they were, by whether they would be in.
func (d *Desk) why(ctx context.Context, g groups.Group, r *record, differ map[groups.UserID]bool) (map[groups.UserID][]string, error) {
	var ins, outs []groups.UserID
	for _, u := range sortedUsers(differ) {
		if differ[u] {
			ins = append(ins, u)
		} else {
			outs = append(outs, u)
		}
	}
	why := map[groups.UserID][]string{}
	say := func(u groups.UserID, text string) {
		if !slices.Contains(why[u], text) {
			why[u] = append(why[u], text)
		}
	}
	if err := d.facts(ctx, g, outs, say); err != nil {
		return nil, err
	}
	if len(differ) > 0 {
		for st, err := range d.store.Standings(ctx, g.ID, "") {
			if err != nil {
				return nil, fmt.Errorf("read standings of group %q: %w", g.ID, err)
			}
			switch in, is := differ[st.User]; {
			case !is:
			case in && st.Assignment != nil:
				say(st.User, fmt.Sprintf("%s put them in on %s", st.Assignment.By, on(st.Assignment.At)))
			case !in && st.Exclusion != nil:
				say(st.User, fmt.Sprintf("%s excluded them on %s", st.Exclusion.By, on(st.Exclusion.At)))
			}
		}
	}
	if g.Kind == groups.AutomaticGroup && !g.Frozen {
		for in, users := range map[bool][]groups.UserID{true: ins, false: outs} {
			said, err := d.reasons(ctx, g, users, in)
			if err != nil {
				return nil, err
			}
			for u, list := range said {
				for _, text := range list {
					say(u, text)
				}
			}
		}
	}
	for u := range differ {
		m, moved := r.moved[u]
		switch {
		case moved && m.last.Cause != causeRule && (m.last.After != groups.Outside) == differ[u] && len(why[u]) == 0, moved && m.last.Cause == causeUnassignment:
			say(u, told(m.last))
		case len(why[u]) == 0 && g.Frozen:
			say(u, "the group is frozen, so that its rule is not asked")
		case len(why[u]) == 0 && moved:
			say(u, told(m.last))
		case len(why[u]) == 0:
			say(u, "they are in the population and have not been members")
		}
	}
	return why, nil
}

// facts are what of people themselves leaves them out.
func (d *Desk) facts(ctx context.Context, g groups.Group, outs []groups.UserID, say func(groups.UserID, string)) error {
	if len(outs) == 0 {
		return nil
	}
	g.Owner = ""
	there, err := d.among(ctx, g, groups.Everyone{}, outs)
	if err != nil {
		return err
	}
	off, err := d.among(ctx, g, groups.StatusIs(groups.StatusDeactivated), outs)
	if err != nil {
		return err
	}
	for _, u := range outs {
		switch {
		case !there[u]:
			say(u, told(groups.Change{Cause: causeAbsence}))
		case off[u] && g.Deactivated != groups.Keep:
			say(u, told(groups.Change{Cause: causeDeactivation}))
		}
	}
	return nil
}

// String returns the restoration as text: a line for what would happen, and one for each who would differ.
func (x *Restoration) String() string {
	p := x.Plan
	var text strings.Builder
	fmt.Fprintf(&text, "version %d of %s, by %s: would join: %d, would leave: %d, members until %s: %d", x.Version.Revision, p.Group.ID, x.Version.By,
		len(p.Diff.Joined), len(p.Diff.Left), x.At.UTC().Format(time.RFC3339), x.Then)
	if x.Forgotten > 0 {
		fmt.Fprintf(&text, "; forgotten: %d", x.Forgotten)
	}
	for _, d := range x.Discrepancies {
		fmt.Fprintf(&text, "\n  %v", d)
	}
	return text.String()
}

// String returns who would be otherwise on one line, with why.
func (d Discrepancy) String() string {
	word := "in, and was not"
	if d.After == groups.Outside {
		word = "out, and was in"
	}
	return fmt.Sprintf("%s would be %s: %s", d.User, word, strings.Join(d.Why, "; "))
}
