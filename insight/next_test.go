package insight_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/insight"
)

// clockwork is a tenant of one user, ann, at a time.
type clockwork struct {
	*testing.T
	*groups.Memory
	now time.Time
	ev  *groups.Evaluator
}

func newClockwork(t *testing.T, now string, fields map[string]groups.Value, list ...groups.Group) *clockwork {
	t.Helper()
	c := &clockwork{T: t, Memory: groups.NewMemory()}
	c.at(now)
	c.ev = groups.NewEvaluator(c, c, &groups.Options{Now: func() time.Time { return c.now }})
	check(c.Write(context.Background(), groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "hired", Type: groups.TypeDate}, {Name: "seen", Type: groups.TypeInstant}}},
		Upsert: []groups.User{{ID: "ann", Activation: groups.Activated, Fields: fields}},
	}))
	for _, g := range list {
		g.Name = string(g.ID)
		_, err := c.ev.Save(context.Background(), g, "chief")
		check(err)
	}
	return c
}

func (c *clockwork) at(now string) {
	c.Helper()
	at, err := time.Parse(time.RFC3339, now)
	check(err)
	c.now = at
}

func (c *clockwork) process() {
	_, err := c.ev.Process(context.Background())
	check(err)
}

func (c *clockwork) next(group groups.GroupID) *insight.Next {
	c.Helper()
	n, err := insight.New(c.ev, c, c).Next(context.Background(), group, "ann")
	if err != nil {
		c.Fatal(err)
	}
	return n
}

// following is an active group of a rule.
func following(id groups.GroupID, c ...groups.Condition) groups.Group {
	return groups.Group{ID: id, Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AllSets(groups.All(c...))}
}

func TestNextIsExactToTheRulesOfTheZone(t *testing.T) {
	const Hired, Seen groups.DateField = "hired", "seen"
	day := func(y, m, d int) map[string]groups.Value {
		return map[string]groups.Value{"hired": groups.Day(groups.NewDate(y, time.Month(m), d))}
	}
	seen := func(at string) map[string]groups.Value {
		instant, err := time.Parse(time.RFC3339, at)
		check(err)
		return map[string]groups.Value{"seen": groups.At(instant)}
	}
	for _, c := range []struct {
		zone, now string
		fields    map[string]groups.Value
		condition groups.Condition
		flip, why string
	}{
		{"", "2026-03-01T12:00:00Z", day(2026, 3, 1), Hired.InLast(1, groups.Days), "2026-03-02T00:00:00Z", "a day ends at midnight"},
		{"Europe/Vienna", "2026-03-28T12:00:00Z", day(2026, 3, 28), Hired.InLast(2, groups.Days), "2026-03-29T22:00:00Z", "the day between has 23 hours"},
		{"Europe/Vienna", "2026-10-24T12:00:00Z", day(2026, 10, 24), Hired.InLast(2, groups.Days), "2026-10-25T23:00:00Z", "and this one 25"},
		{"America/Sao_Paulo", "2018-11-03T12:00:00Z", day(2018, 11, 3), Hired.InLast(1, groups.Days), "2018-11-04T03:00:00Z", "there is no midnight: the day begins at one"},
		{"Africa/Cairo", "2024-04-25T12:00:00Z", day(2024, 4, 25), Hired.InLast(1, groups.Days), "2024-04-25T22:00:00Z", "nor here"},
		{"Pacific/Apia", "2011-12-30T09:00:00Z", day(2011, 12, 29), Hired.InLast(1, groups.Days), "2011-12-30T10:00:00Z", "the 30th never was"},
		{"Pacific/Apia", "2011-12-29T12:00:00Z", day(2011, 12, 30), Hired.InNext(1, groups.Days), "", "so that who comes on it never does"},
		{"America/St_Johns", "2009-11-01T02:30:30Z", day(2009, 11, 1), Hired.InLast(1, groups.Days), "2009-11-01T02:31:00Z", "a minute past midnight it is yesterday again"},
		{"", "2026-01-31T12:00:00Z", day(2026, 1, 31), Hired.Ago(1, groups.Months), "2026-03-01T00:00:00Z", "a month before the last of February is the 28th of January"},
		{"", "2026-01-30T12:00:00Z", day(2026, 3, 1), Hired.Ahead(1, groups.Months), "2026-02-01T00:00:00Z", "a month from the 30th, and from the 31st, is the last of February"},
		{"", "2026-03-01T12:00:00Z", day(2024, 2, 29), Hired.AnniversaryWithin(1, groups.Days), "2027-02-28T00:00:00Z", "of a leap day in a common year"},
		{"Asia/Kolkata", "2026-03-01T12:00:00Z", seen("2026-03-01T20:00:00Z"), Seen.InNext(1, groups.Days), "2026-03-01T18:30:00Z", "an instant is on the day that it is there"},
		{"", "2026-03-01T12:00:00Z", day(2015, 6, 1), Hired.Ago(20, groups.Years), "2035-06-01T00:00:00Z", "years from now"},
		{"", "2026-03-01T12:00:00Z", day(2017, 6, 1), Hired.Ago(20, groups.Years), "", "more than ten years from now is not told"},
		{"", "2026-03-01T12:00:00Z", nil, Hired.InLast(1, groups.Days), "", "of a day that nobody knows"},
	} {
		g := following("g", c.condition)
		g.Zone = c.zone
		w := newClockwork(t, c.now, c.fields, g)
		w.process()
		n := w.next("g")
		got := ""
		if n.Flip != nil {
			got = n.Flip.At.Format(time.RFC3339Nano)
			if n.Move == nil || !n.Move.At.Equal(n.Flip.At) {
				t.Errorf("%s: the verdict flips at %s, and the move is %+v", c.why, got, n.Move)
			}
		}
		if got != c.flip {
			t.Errorf("%v at %s in %q, next is %q, want %q: %s", c.condition, c.now, c.zone, got, c.flip, c.why)
		}
	}
}

// The verdict, and who is a member: the instants of which are not always the same.
func TestAMoveNeedNotComeWithAFlip(t *testing.T) {
	const hired groups.DateField = "hired"
	recent := hired.InLast(2, groups.Days) // until the 3rd
	fields := map[string]groups.Value{"hired": groups.Day(groups.NewDate(2026, 3, 1))}
	ctx := context.Background()
	assigned := func(c *clockwork) {
		_, err := c.ev.Assign(ctx, "g", groups.Decision{By: "tutor", Until: c.now.Add(time.Hour)}, "ann")
		check(err)
	}
	edit := func(id groups.GroupID, change func(*groups.Group)) func(*clockwork) {
		return func(c *clockwork) {
			g, err := c.Group(ctx, id)
			check(err)
			change(&g)
			_, err = c.ev.Save(ctx, g, "chief")
			check(err)
		}
	}
	for _, c := range []struct {
		why  string
		do   func(*clockwork)
		want string
	}{
		{"nothing special", func(*clockwork) {}, "yes, no 2026-03-03T00:00:00Z; automatic, outside 2026-03-03T00:00:00Z rule"},
		{"an assignment ends, and then the rule lets go: the first of both", assigned, "yes, no 2026-03-03T00:00:00Z; manual, automatic 2026-03-01T13:00:00Z unassignment"},
		{"a frozen group keeps whom it has", edit("g", func(g *groups.Group) { g.Frozen = true }), "yes, no 2026-03-03T00:00:00Z; automatic, never"},
		{"an inactive group has nobody as soon as it is processed", edit("g", func(g *groups.Group) { g.Status = groups.Inactive }),
			"yes, no 2026-03-03T00:00:00Z; automatic, outside 2026-03-01T12:00:00Z inactivation"},
		{"a schedule waits", edit("g", func(g *groups.Group) { g.Schedule = groups.Schedule{Every: 7 * 24 * time.Hour} }),
			"yes, no 2026-03-03T00:00:00Z; automatic, outside 2026-03-05T00:00:00Z rule"},
		{"what changed in the instant of the last processing waits as well", func(c *clockwork) {
			edit("g", func(g *groups.Group) { g.Schedule = groups.Schedule{Every: 7 * 24 * time.Hour} })(c)
			c.process()
			check(c.Write(ctx, groups.PeopleChange{Upsert: []groups.User{{ID: "ann", Activation: groups.Activated, Fields: map[string]groups.Value{"hired": groups.Empty()}}}}))
		}, "no, never; automatic, outside 2026-03-05T00:00:00Z rule"},
		{"every minute is as good as at once", edit("g", func(g *groups.Group) { g.Schedule = groups.Schedule{Every: time.Minute} }),
			"yes, no 2026-03-03T00:00:00Z; automatic, outside 2026-03-03T00:00:00Z rule"},
		{"a group that asks for a group with a schedule", func(c *clockwork) {
			edit("g", func(g *groups.Group) { g.Criteria = groups.AllSets(groups.All(groups.MemberOfAny("slow"))) })(c)
			slow := following("slow", recent)
			slow.Name, slow.Schedule = "slow", groups.Schedule{Every: 24 * time.Hour, Shift: 5 * time.Hour}
			_, err := c.ev.Save(ctx, slow, "chief")
			check(err)
			_, err = c.ev.Process(ctx, "slow")
			check(err)
			c.process()
		}, "yes, no 2026-03-03T05:00:00Z; automatic, outside 2026-03-03T05:00:00Z rule"},
		{"rules that cancel out turn, and flip nothing", edit("g", func(g *groups.Group) {
			g.Criteria = groups.AnySets(groups.All(recent), groups.All(hired.Ago(2, groups.Days)))
		}), "yes, never; automatic, never"},
	} {
		w := newClockwork(t, "2026-03-01T12:00:00Z", fields, following("g", recent))
		w.process()
		c.do(w)
		n := w.next("g")
		got := n.Verdict.String() + ", never"
		if n.Flip != nil {
			got = n.Verdict.String() + ", " + n.Flip.Verdict.String() + " " + n.Flip.At.Format(time.RFC3339Nano)
		}
		got += "; " + n.Member.String() + ", "
		if n.Move != nil {
			got += n.Move.After.String() + " " + n.Move.At.Format(time.RFC3339Nano) + " " + string(n.Move.Cause)
		} else {
			got += "never"
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.why, got, c.want)
		}
		again := new(insight.Next)
		data, err := json.Marshal(n)
		check(err)
		check(json.Unmarshal(data, again))
		if again.String() != n.String() || !strings.Contains(n.String(), "ann") {
			t.Errorf("%s is read as\n%s\nand not\n%s", data, again, n)
		}
	}
}

// single is a Directory that hands out nobody but by name.
type single struct{ *groups.Memory }

func (s single) Users(context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) { yield(groups.User{}, errors.New("everybody is read")) }
}

func TestNextReadsNobodyElse(t *testing.T) {
	w := newClockwork(t, "2026-03-01T12:00:00Z", map[string]groups.Value{"hired": groups.Day(groups.NewDate(2026, 3, 1))},
		following("g", groups.DateField("hired").InLast(2, groups.Days), groups.UserIsOrBelow("ann")))
	n, err := insight.New(w.ev, single{w.Memory}, w).Next(context.Background(), "g", "ann")
	if err != nil || n.Flip == nil {
		t.Errorf("%v, %v", n, err)
	}
}

func TestWhoAsksWhenIsToldWhatIsNotThere(t *testing.T) {
	ctx := context.Background()
	w := newClockwork(t, "2026-03-01T12:00:00Z", nil, following("g", groups.Everyone{}))
	desk := insight.New(w.ev, w, w)
	in := func(years int) time.Time { return w.now.AddDate(years, 0, 0) }
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for why, c := range map[string]struct {
		ask  func() error
		want error
	}{
		"no such group":             {func() error { _, err := desk.Next(ctx, "h", "ann"); return err }, groups.ErrNotFound},
		"no such user":              {func() error { _, err := desk.Next(ctx, "g", "bob"); return err }, groups.ErrNotFound},
		"no such group to forecast": {func() error { _, err := desk.Forecast(ctx, w.now, in(1), "g", "h"); return err }, groups.ErrNotFound},
		"an end before the start":   {func() error { _, err := desk.Forecast(ctx, in(2), in(1)); return err }, insight.ErrWindow},
		"an end at the start":       {func() error { _, err := desk.Forecast(ctx, in(1), in(1)); return err }, insight.ErrWindow},
		"an end that is past":       {func() error { _, err := desk.Forecast(ctx, in(-2), in(-1)); return err }, insight.ErrWindow},
		"an end that is far away":   {func() error { _, err := desk.Forecast(ctx, in(9), in(11)); return err }, insight.ErrWindow},
		"nobody waits any more":     {func() error { _, err := desk.Forecast(cancelled, w.now, in(1)); return err }, context.Canceled},
		"nor for one":               {func() error { _, err := desk.Next(cancelled, "g", "ann"); return err }, context.Canceled},
	} {
		if err := c.ask(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", why, err, c.want)
		}
	}
}

// What happens before the window is taken in, and not told.
func TestAForecastBeginsWhereItIsAskedTo(t *testing.T) {
	const hired groups.DateField = "hired"
	w := newClockwork(t, "2026-03-01T12:00:00Z", map[string]groups.Value{"hired": groups.Day(groups.NewDate(2026, 3, 10))},
		following("g", hired.InNext(5, groups.Days))) // from the 6th to the 10th
	w.process()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		from, to    int
		first, last int
		want        string
	}{
		{1, 6, 0, 0, ""}, {1, 7, 0, 1, "joined 6"}, {6, 12, 0, 0, "joined 6, left 11"}, {7, 11, 1, 1, ""}, {7, 12, 1, 0, "left 11"},
	} {
		f, err := insight.New(w.ev, w, w).Forecast(context.Background(), day(c.from), day(c.to))
		check(err)
		var got []string
		for _, m := range f.Changes {
			got = append(got, m.Kind.String()+m.At.Format(" 2"))
		}
		if s := f.Groups[0]; strings.Join(got, ", ") != c.want || s.First != c.first || s.Last != c.last {
			t.Errorf("from %d to %d: %v, %+v; want %+v", c.from, c.to, got, s, c)
		}
	}
}

func TestWhatIsBeneathAGroupIsLookedAtAsWell(t *testing.T) {
	child := following("child", groups.DateField("hired").InLast(2, groups.Days))
	child.Parent = "family"
	w := newClockwork(t, "2026-03-01T12:00:00Z", map[string]groups.Value{"hired": groups.Day(groups.NewDate(2026, 3, 1))},
		groups.Group{ID: "family", Status: groups.Active}, child, following("readers", groups.MemberOfAny("family").WithBelow()))
	w.process()
	if n := w.next("readers"); n.Flip == nil || n.Move == nil {
		t.Errorf("%v", n)
	}
	f, err := insight.New(w.ev, w, w).Forecast(context.Background(), w.now, w.now.AddDate(1, 0, 0), "readers")
	if err != nil || len(f.Changes) != 1 || len(f.Groups) != 1 {
		t.Errorf("%v, %v", f, err)
	}
}

// Whoever's manager is not known may report to anybody.
func TestWhoMayHaveReportsIsUnknown(t *testing.T) {
	ctx := context.Background()
	w := newClockwork(t, "2026-03-01T12:00:00Z", nil, following("g", groups.HasReports()))
	nobody, herself := groups.ReportsTo(""), groups.ReportsTo("ann")
	for _, c := range []struct {
		own    groups.Manager // of ann, which says nothing of who reports to her
		others []groups.User  // beside those before
		want   groups.Verdict
	}{
		{nobody, nil, groups.No},
		{groups.Manager{}, nil, groups.No},
		{herself, nil, groups.No},
		{nobody, []groups.User{{ID: "bob", Manager: nobody}, {ID: "cid"}, {ID: "dan"}}, groups.Unknown},
		{groups.Manager{}, nil, groups.Unknown},
		{herself, nil, groups.Unknown},
		{nobody, []groups.User{{ID: "eve", Manager: groups.ReportsTo("ann")}}, groups.Yes},
		{herself, nil, groups.Yes},
	} {
		check(w.Write(ctx, groups.PeopleChange{Upsert: append(c.others, groups.User{ID: "ann", Manager: c.own})}))
		is, err := w.ev.Match(ctx, "g", "ann")
		check(err)
		if n := w.next("g"); n.Verdict != c.want || is != c.want {
			t.Errorf("%v beside %v: %v, want %v; the evaluator says %v", c.own, c.others, n.Verdict, c.want, is)
		}
	}
}
