package insight

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// A Turnover is how the membership of a group has changed since an instant: Then + Joined - Left = Now.
type Turnover struct {
	Group groups.GroupID `json:"group"`
	Since time.Time      `json:"since"`
	Then  int            `json:"then"` // members
	Now   int            `json:"now"`
	// Joined are members who were none then, and Left the reverse, each by what they have in common, most users
	// first; a user may have several causes, and has one at least.
	Joined   int                  `json:"joined"`
	JoinedBy []groups.CommonCause `json:"joinedBy"`
	Left     int                  `json:"left"`
	LeftBy   []groups.CommonCause `json:"leftBy"`
	// Back is how many joined or left meanwhile and are as they were.
	Back int `json:"back"`
	// Forgotten is how many members were erased since. They count neither then nor as having left: when they had
	// joined is not known any more.
	Forgotten int `json:"forgotten"`
}

// Since says why the membership of a group is another than at an instant, such as the Now of a run, which counts as
// before: who joined and left on balance, by the cause of their last change in the feed. Where that is the rule it says
// what the rule is about: that somebody saved other criteria, where these and those of then say different things of
// the user today, and else which conditions hold for the user now, or do not. It is worked out from the whole feed, the
// audit of the group and the people of today, and takes time in proportion. Where the feed does not go back that far,
// the error wraps [ErrHistory]; an instant that is still to come is refused with [ErrWindow].
func (d *Desk) Since(ctx context.Context, group groups.GroupID, at time.Time) (*Turnover, error) {
	if now := d.ev.Now(); at.After(now) {
		return nil, fmt.Errorf("since %s, which is after %s: %w", stamp(at), stamp(now), ErrWindow)
	}
	r, err := d.record(ctx, group, at, func(t time.Time) bool { return t.After(at) }, nil)
	if err != nil {
		return nil, err
	}
	edit, err := d.edited(ctx, r.group, at)
	if err != nil {
		return nil, err
	}
	t := &Turnover{Group: group, Since: at, Then: r.then(), Now: len(r.members), Forgotten: r.forgotten}
	joined, left := map[groups.UserID]groups.Change{}, map[groups.UserID]groups.Change{}
	for u, m := range r.moved {
		switch was, is := m.was != groups.Outside, r.members[u] != groups.Outside; {
		case was && !is:
			left[u] = m.last
		case is && !was:
			joined[u] = m.last
		case m.crossed:
			t.Back++
		}
	}
	t.Joined, t.Left = len(joined), len(left)
	if t.JoinedBy, err = d.causes(ctx, r.group, joined, edit, true); err != nil {
		return nil, err
	}
	t.LeftBy, err = d.causes(ctx, r.group, left, edit, false)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// causes are what changes came from.
func (d *Desk) causes(ctx context.Context, g groups.Group, changes map[groups.UserID]groups.Change, edit *edit, in bool) ([]groups.CommonCause, error) {
	said := map[groups.UserID][]string{}
	var ruled []groups.UserID
	for _, u := range sortedUsers(changes) {
		switch c := changes[u]; {
		case c.Cause != causeRule || g.Kind != groups.AutomaticGroup:
			said[u] = []string{told(c)}
		case edit.moved(c, in):
			said[u] = []string{edit.text}
		default:
			ruled = append(ruled, u)
		}
	}
	by, err := d.reasons(ctx, g, ruled, in)
	if err != nil && !unfit(err) { // criteria that do not fit the schema any more say nothing of anybody
		return nil, err
	}
	for _, u := range ruled {
		if said[u] = by[u]; len(said[u]) == 0 {
			said[u] = []string{told(changes[u])}
		}
	}
	return common(said), nil
}

// An edit is what became of criteria since an instant.
type edit struct {
	text  string
	first time.Time // when others were saved
	// ins and outs are those of whom only the new criteria say Yes today, and only the old ones; nil where the old
	// ones cannot be asked any more.
	ins, outs map[groups.UserID]bool
}

// moved reports whether it is the edit that a change by the rule comes from.
func (e *edit) moved(c groups.Change, in bool) bool {
	switch {
	case e == nil || c.At.Before(e.first):
		return false
	case e.ins == nil:
		return true
	case in:
		return e.ins[c.User]
	}
	return e.outs[c.User]
}

// edited tells whether a group has other criteria than at an instant, by the audit; nil is that it has not.
func (d *Desk) edited(ctx context.Context, g groups.Group, at time.Time) (*edit, error) {
	var old, last groups.Criteria
	var found edit
	times, by, when := 0, "", time.Time{}
	for a, err := range d.store.Acts(ctx, g.ID, "") {
		if err != nil {
			return nil, fmt.Errorf("read acts: %w", err)
		}
		var now groups.Group
		switch a.Do {
		case "delete":
		case "create": // before it there were no criteria that could be others
			if err := json.Unmarshal(a.After, &now); err != nil {
				return nil, fmt.Errorf("audit of group %q: %w", g.ID, err)
			}
			old, last, times = now.Criteria, now.Criteria, 0
			continue
		case "edit", "publish", "adopt":
			if err := json.Unmarshal(a.After, &now); err != nil {
				return nil, fmt.Errorf("audit of group %q: %w", g.ID, err)
			}
		default:
			continue
		}
		if !a.At.After(at) && times == 0 {
			old, last = now.Criteria, now.Criteria
			continue
		}
		if !alike(last, now.Criteria) {
			if times++; times == 1 {
				found.first = a.At
			}
			by, when, last = a.By, a.At, now.Criteria
		}
	}
	if alike(old, g.Criteria) {
		return nil, nil
	}
	if found.text = fmt.Sprintf("%s saved other criteria on %s", by, on(when)); times > 1 {
		found.text = fmt.Sprintf("other criteria were saved %d times, last by %s on %s", times, by, on(when))
	}
	found.ins, found.outs = map[groups.UserID]bool{}, map[groups.UserID]bool{}
	differ, err := d.ev.Differ(ctx, g, old, math.MaxInt)
	if unfit(err) {
		found.text += ", or what is known of them became another"
		found.ins, found.outs = nil, nil
		return &found, nil
	}
	if err != nil {
		return nil, err
	}
	for _, of := range differ {
		for _, u := range of.First {
			found.ins[u] = of.Says[0] == groups.Yes
			found.outs[u] = of.Says[1] == groups.Yes
		}
	}
	return &found, nil
}

// unfit reports whether criteria that once were saved could not be saved now.
func unfit(err error) bool {
	_, broken := errors.AsType[*groups.CriteriaError](err)
	_, ring := errors.AsType[*groups.CycleError](err)
	return broken || ring
}

func alike(a, b groups.Criteria) bool {
	one, err := json.Marshal(a)
	other, err2 := json.Marshal(b)
	return errors.Join(err, err2) == nil && bytes.Equal(one, other)
}

// String returns the turnover as text: a line for the numbers, and one for each cause.
func (t *Turnover) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "members of %s: %d at %s, %d now; %d joined, %d left", t.Group, t.Then, t.Since.UTC().Format(time.RFC3339), t.Now, t.Joined, t.Left)
	if t.Back > 0 {
		fmt.Fprintf(&text, ", %d went both ways", t.Back)
	}
	if t.Forgotten > 0 {
		fmt.Fprintf(&text, "; forgotten: %d", t.Forgotten)
	}
	for _, c := range t.JoinedBy {
		fmt.Fprintf(&text, "\n  %d joined because %s", c.Count, c.Text)
	}
	for _, c := range t.LeftBy {
		fmt.Fprintf(&text, "\n  %d left because %s", c.Count, c.Text)
	}
	return text.String()
}
