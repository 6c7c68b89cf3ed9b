package groups

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Schedule says when an automatic group is processed: every so often, counted from midnight UTC of
// 1 January 1970, and shifted. UTC knows no daylight saving, so that every period is as long as the
// next (Cornerstone: "Dynamic group processing times are implemented using UTC"). The zero Schedule is
// none: the group follows whatever changes at once.
//
// A scheduled group is as it was last processed: what people decide about users waits like
// everything else, but for self-registration (an assignment whose By is the user's own ID) and
// [Evaluator.Forget]. Activation and inactivation wait too. A manual group has no use for a schedule and follows at once.
type Schedule struct {
	Every time.Duration // a minute to a year, in whole seconds; 24 * time.Hour is daily
	Shift time.Duration // shorter than Every; 2 * time.Hour makes a daily one due at 02:00
}

// maxEvery bounds schedules to what counting from 1970 gives sense to.
const maxEvery = 366 * 24 * time.Hour

func (s Schedule) check() error {
	if s == (Schedule{}) || s.Every >= time.Minute && s.Every <= maxEvery && s.Shift >= 0 && s.Shift < s.Every &&
		s.Every%time.Second == 0 && s.Shift%time.Second == 0 {
		return nil
	}
	return fmt.Errorf("the schedule %v is shorter than a minute, longer than a year, shifted out of itself or not of whole seconds", s)
}

// Next is the first instant after t at which the group is due, in UTC; zero without a schedule.
func (s Schedule) Next(t time.Time) time.Time {
	if s.Every <= 0 {
		return time.Time{}
	}
	return s.last(t).Add(s.Every)
}

// last is the last instant, up to t, at which the group was due.
func (s Schedule) last(t time.Time) time.Time {
	every, shift := int64(s.Every/time.Second), int64(s.Shift/time.Second)
	since := (t.Unix() - shift) % every
	if since < 0 {
		since += every
	}
	return time.Unix(t.Unix()-since, 0).UTC()
}

// scheduled reports whether the group is processed by a schedule.
func (g *Group) scheduled() bool { return g.Kind == AutomaticGroup && g.Schedule.Every > 0 }

// due is when a scheduled group is to be processed next, be it past.
func (g *Group) due() time.Time {
	last := g.State.Processed
	if last.IsZero() {
		last = g.SavedAt
	}
	return g.Schedule.Next(last)
}

// wakes is when time next matters to the group as it is stored, be it past. One that is held is not late.
func (g *Group) wakes() time.Time {
	if g.scheduled() && g.State.Held == "" {
		return g.due()
	}
	return g.State.Next
}

// String returns "every 24h0m0s at 2h0m0s", or "" without a schedule.
func (s Schedule) String() string {
	if s == (Schedule{}) {
		return ""
	}
	return fmt.Sprintf("every %v at %v", s.Every, s.Shift)
}

// MarshalText writes the schedule as [Schedule.String] does.
func (s Schedule) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what [Schedule.MarshalText] wrote.
func (s *Schedule) UnmarshalText(text []byte) error {
	*s = Schedule{}
	if len(text) == 0 {
		return nil
	}
	every, at, ok := strings.Cut(strings.TrimPrefix(string(text), "every "), " at ")
	var errs [2]error
	s.Every, errs[0] = time.ParseDuration(every)
	s.Shift, errs[1] = time.ParseDuration(at)
	if !ok || errs[0] != nil || errs[1] != nil || s.check() != nil {
		*s = Schedule{}
		return fmt.Errorf("%.64q %w as a schedule", text, ErrValue)
	}
	return nil
}

// Due returns the groups that [Evaluator.Changed] would look at as a whole though nothing was touched,
// ascending, and the next instant, in UTC, at which there will be one; zero is never. Groups that the
// [Guard] holds wait for a person, or for better data: they are due only where time matters to them as
// well, such as at the end of an assignment.
func (e *Evaluator) Due(ctx context.Context) (due []GroupID, next time.Time, err error) {
	r, err := e.begin(ctx, nil)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, s := range r.order {
		at := s.Group.wakes()
		isDue := r.due(s)
		if s.State.Held != "" {
			isDue = come(at, r.now)
		}
		if isDue {
			due = append(due, s.ID)
		} else {
			next = sooner(next, at)
		}
	}
	slices.Sort(due)
	if !next.IsZero() {
		next = next.UTC()
	}
	return due, next, nil
}
