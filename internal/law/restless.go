package law

import (
	"slices"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// Restless draws a tenant in which much turns within hours, as of some minutes before an odd moment or a midnight: dates about
// today, rules that compare them with it, assignments that end on the minute, and schedules.
func (d Drawn) Restless(t *rapid.T) oracle.Tenant {
	n := d.Tenant(t)
	n.Now = n.Now.Truncate(time.Minute)
	if year, month, day := n.Now.In(n.Zone).Date(); chance(t, "before midnight", 75) {
		n.Now = time.Date(year, month, day+1, 0, 0, 0, 0, n.Zone).UTC()
	}
	n.Now = n.Now.Add(-time.Duration(rapid.IntRange(0, 200).Draw(t, "minutes before")) * time.Minute)
	for i := range n.Users {
		u := &n.Users[i]
		list, _ := u.Enrollments.List()
		for j := range list {
			if at := aboutNow(t, n.Now); chance(t, "completed", 50) {
				list[j].Completed = draw(t, "completion", groups.At(at), groups.Day(groups.NewDate(at.Date())))
			}
		}
		for _, field := range []string{"hired", "born", "seen", "login"} {
			at := aboutNow(t, n.Now)
			switch {
			case chance(t, "as drawn", 15):
			case field == "seen" || field == "login":
				u.Fields[field] = groups.At(at)
			default:
				at = at.AddDate(-rapid.IntRange(0, 1).Draw(t, "years ago"), 0, 0)
				u.Fields[field] = groups.Day(groups.NewDate(at.Date()))
			}
		}
	}
	for _, of := range n.Stored {
		for _, st := range of {
			if st.Assignment != nil {
				st.Assignment.Until = st.Assignment.Until.Truncate(time.Minute)
			}
		}
	}
	for i := range n.Groups {
		g := &n.Groups[i]
		if g.Kind != groups.AutomaticGroup {
			continue
		}
		if chance(t, "turns", 75) {
			g.Criteria = turning(t, g.Criteria)
		}
		if chance(t, "scheduled", 20) {
			g.Schedule = draw(t, "schedule", groups.Schedule{Every: time.Hour},
				groups.Schedule{Every: 24 * time.Hour, Shift: 3 * time.Hour}, groups.Schedule{Every: 90 * time.Minute, Shift: 7 * time.Minute})
		}
	}
	return n
}

func aboutNow(t *rapid.T, now time.Time) time.Time {
	return now.Add(time.Duration(rapid.IntRange(-72, 72).Draw(t, "about now")) * time.Hour)
}

// turning joins criteria with one that time turns.
func turning(t *rapid.T, c groups.Criteria) groups.Criteria {
	f := draw(t, "date", groups.CompletionDate, "hired", "born", "seen", "login")
	n := rapid.IntRange(1, 3).Draw(t, "n")
	unit := draw(t, "unit", groups.Days, groups.Days, groups.Months)
	window := draw(t, "turning", f.InLast(n, unit), f.InNext(n, unit), f.Ago(n, unit), f.Ahead(n, unit), f.AnniversaryWithin(n, unit))
	if chance(t, "negated", 50) {
		window = window.Not()
	}
	set := groups.All(window)
	if f == groups.CompletionDate {
		set = groups.All(groups.Courses(some(t, "courses", 2, courses...)...).AreCompleted(window))
	}
	if len(c.Sets) == 0 || chance(t, "alone", 33) {
		return groups.AllSets(set)
	}
	if len(c.Sets) == 50 {
		c.Sets = c.Sets[:49]
	}
	c.Sets = append(slices.Clone(c.Sets), set)
	return c
}
