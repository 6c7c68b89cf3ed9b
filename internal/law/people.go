package law

import (
	"fmt"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// Drawn says what a draw may contain.
type Drawn struct {
	// Known leaves out everything that makes an answer Unknown: values that the host could not say, missing parents,
	// operands that do not exist.
	Known bool
	// NoEmpty leaves out people who are known to have none.
	NoEmpty bool
	// NoGroups leaves out conditions on groups.
	NoGroups bool
	// groups are those that conditions may ask for; nil is all.
	groups []groups.GroupID
	// NoPeople leaves out conditions that need no data of the user's own: everyone, status, who the user is, reports.
	NoPeople bool
}

// World draws people, units, a clock and a zone. Conditions on groups are answered at random, the same each time.
func (d Drawn) World(t *rapid.T) oracle.World {
	w := oracle.World{Schema: Schema(), Now: clock(t), Zone: zone(t)}
	w.Units = d.Units(t)
	n := rapid.IntRange(4, 9).Draw(t, "users")
	for i := range n {
		w.Users = append(w.Users, d.User(t, groups.UserID(fmt.Sprintf("u%d", i+1)), w.Now, n))
	}
	w.Member = d.memberships(t)
	return w
}

// memberships answers conditions on groups by a drawn table.
func (d Drawn) memberships(t *rapid.T) func(groups.UserID, groups.GroupID, bool) groups.Verdict {
	answers := []groups.Verdict{groups.Yes, groups.No}
	if !d.Known {
		answers = append(answers, groups.Unknown)
	}
	table := rapid.SliceOfN(rapid.SampledFrom(answers), 11, 11).Draw(t, "memberships")
	return func(u groups.UserID, g groups.GroupID, orBelow bool) groups.Verdict {
		n := 0
		for _, c := range fmt.Sprint(u, g, orBelow) {
			n += int(c)
		}
		return table[n%len(table)]
	}
}

// Units draws trees with branches, rings and, where allowed, missing parents.
func (d Drawn) Units(t *rapid.T) []groups.Unit {
	var list []groups.Unit
	for _, tree := range trees {
		for i, id := range units {
			list = append(list, groups.Unit{Tree: tree, ID: id, Parent: d.parent(t, i), Name: "unit " + id})
		}
	}
	return list
}

func (d Drawn) parent(t *rapid.T, i int) string {
	switch n := rapid.IntRange(0, 99).Draw(t, "parent"); {
	case n < 15:
		return ""
	case n < 75 && i > 0:
		return units[rapid.IntRange(0, i-1).Draw(t, "above")]
	case n < 92 || d.Known:
		return draw(t, "anywhere", units...) // itself, or a ring
	}
	return goneUnit
}

// User draws one of n users.
func (d Drawn) User(t *rapid.T, id groups.UserID, now time.Time, n int) groups.User {
	u := groups.User{
		ID:     id,
		Fields: map[string]groups.Value{},
		Units:  map[groups.Tree][]string{},
	}
	u.Activation = draw(t, "activation", groups.Activated, groups.Activated, groups.Deactivated, groups.ActivationUnknown)
	u.Expiry = draw(t, "expiry", groups.Current, groups.Expired, groups.ExpiryUnknown)
	if d.Known {
		u.Activation = max(u.Activation, groups.Activated)
		u.Expiry = max(u.Expiry, groups.Current)
	}
	for _, f := range Schema().Fields {
		if v, known := d.Value(t, f, now); known {
			u.Fields[f.Name] = v
		}
	}
	for _, tree := range trees {
		if sits, known := d.Sits(t); known {
			u.Units[tree] = sits
		}
	}
	u.Manager = d.Manager(t, id, n)
	u.Enrollments = d.Enrollments(t, now)
	return u
}

// Value draws the value of a field; not known is a field that the user does not carry.
func (d Drawn) Value(t *rapid.T, f groups.Field, now time.Time) (v groups.Value, known bool) {
	switch n := rapid.IntRange(0, 99).Draw(t, f.Name); {
	case n < 15 && !d.NoEmpty:
		return groups.Empty(), true
	case n < 25 && !d.Known:
		return groups.Value{}, n < 20 // carried and Unknown, or not carried
	}
	switch f.Type {
	case groups.TypeText:
		if f.Several {
			return groups.Text(some(t, f.Name, 3, texts...)...), true
		}
		return groups.Text(draw(t, f.Name, texts...)), true
	case groups.TypeChoice:
		if !d.Known && chance(t, "undeclared", 10) {
			return groups.Choice("undeclared"), true
		}
		return groups.Choice(draw(t, f.Name, options...)), true
	case groups.TypeMultiChoice:
		if !d.Known && chance(t, "undeclared", 10) {
			return groups.Choice("undeclared", "x"), true
		}
		return groups.Choice(some(t, f.Name, 3, options...)...), true
	case groups.TypeNumber:
		return groups.Number(draw(t, f.Name, numbers...)), true
	case groups.TypeDate:
		return groups.Day(day(t, f.Name, now)), true
	case groups.TypeInstant:
		return groups.At(instant(t, f.Name, now)), true
	default:
		return groups.Bool(rapid.Bool().Draw(t, f.Name)), true
	}
}

// Sits draws the units that a user sits in.
func (d Drawn) Sits(t *rapid.T) (sits []string, known bool) {
	switch n := rapid.IntRange(0, 99).Draw(t, "sits in"); {
	case n < 12 && !d.NoEmpty:
		return []string{}, true
	case n < 20 && !d.Known:
		return nil, false
	case n < 26 && !d.Known:
		return []string{goneUnit}, true
	case n < 50:
		return some(t, "unit", 2, units...), true
	}
	return []string{draw(t, "unit", units...)}, true
}

// Manager draws who a user reports to: nobody, one of n users (himself too), somebody who is not there, or unknown.
func (d Drawn) Manager(t *rapid.T, id groups.UserID, n int) groups.Manager {
	switch k := rapid.IntRange(0, 99).Draw(t, "manager"); {
	case k < 20:
		return groups.ReportsTo("")
	case k < 28 && !d.Known:
		return groups.ReportsTo(ghost)
	case k < 33 && !d.Known:
		return groups.Manager{}
	case k < 38:
		return groups.ReportsTo(id)
	}
	return groups.ReportsTo(groups.UserID(fmt.Sprintf("u%d", rapid.IntRange(1, n).Draw(t, "reports to"))))
}

// Enrollments draws the courses of a user.
func (d Drawn) Enrollments(t *rapid.T, now time.Time) groups.Enrollments {
	if !d.Known && chance(t, "no list", 8) {
		return groups.Enrollments{}
	}
	var list []groups.Enrollment
	for _, c := range courses {
		if chance(t, "enrolled in "+c, 60) {
			list = append(list, d.enrollment(t, c, now))
		}
	}
	e := groups.Enrolled(list...)
	if !d.Known && chance(t, "partial", 20) {
		return e.Partial()
	}
	return e
}

func (d Drawn) enrollment(t *rapid.T, course string, now time.Time) groups.Enrollment {
	e := groups.Enrollment{Course: course, Status: draw(t, "status", append(statuses, oddStatus)...)}
	if !d.Known && chance(t, "no status", 12) {
		e.Status = ""
	}
	switch n := rapid.IntRange(0, 99).Draw(t, "completed"); {
	case n < 30:
		e.Completed = groups.Empty()
	case n < 40 && !d.Known:
		e.Completed = groups.Value{}
	case n < 70:
		e.Completed = groups.Day(day(t, "completed on", now))
	default:
		e.Completed = groups.At(instant(t, "completed at", now))
	}
	return e
}
