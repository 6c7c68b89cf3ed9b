package law

import (
	"time"
	_ "time/tzdata" // for machines that have no zones of their own

	"github.com/grouprules/groups"
	"pgregory.net/rapid"
)

// The vocabulary. It is small so that people share values, rules ask for what people have, and lines close into rings.
const (
	branch   groups.Tree = "branch"
	position groups.Tree = "position"
)

var (
	trees    = []groups.Tree{branch, position}
	units    = []string{"a", "b", "c", "d", "e", "f"}
	courses  = []string{"c1", "c2", "c3"}
	statuses = []string{"enrolled", "failed", groups.Completed}
	groupIDs = []groups.GroupID{"g1", "g2", "g3", "g4", "g5"}
)

// Names of what does not exist.
const (
	ghost      = "ghost"  // a user
	goneUnit   = "gone"   // a unit
	goneCourse = "c9"     // a course that nobody takes
	oddStatus  = "paused" // an enrollment status that the schema does not list
	goneGroup  = "g9"     // a group
)

// Schema is the schema of every drawn world.
func Schema() *groups.Schema {
	options := []groups.Option{{ID: "x"}, {ID: "y"}, {ID: "z"}}
	return &groups.Schema{
		Fields: []groups.Field{
			{Name: "title", Type: groups.TypeText},
			{Name: "code", Type: groups.TypeText, Exact: true},
			{Name: "tags", Type: groups.TypeText, Several: true},
			{Name: "site", Type: groups.TypeChoice, Options: options},
			{Name: "grade", Type: groups.TypeChoice},
			{Name: "skills", Type: groups.TypeMultiChoice, Options: options},
			{Name: "langs", Type: groups.TypeMultiChoice},
			{Name: "points", Type: groups.TypeNumber},
			{Name: "score", Type: groups.TypeNumber},
			{Name: "hired", Type: groups.TypeDate},
			{Name: "born", Type: groups.TypeDate},
			{Name: "seen", Type: groups.TypeInstant},
			{Name: "login", Type: groups.TypeInstant},
			{Name: "lead", Type: groups.TypeBool},
			{Name: "remote", Type: groups.TypeBool},
		},
		EnrollmentStatuses: statuses,
		Trees:              trees,
	}
}

// texts are pairwise close: by case, white space, accent and full folding.
var texts = []string{
	"sales", "Sales", "SALES rep", "sales  rep", "rep", "Straße", "STRASSE", "strasse 1", "é", "e\u0301", "e", "İ", " ops ", "ops",
}

var expressions = []string{"^sales", "rep$", "s+e", "[ée]", "ops|rep", "SALES", "^.$"}

var options = []string{"x", "y", "z"}

var numbers = []float64{-1, 0, 0.1, 0.3, 1, 2, 10}

// zones turn their dates at odd moments: skipped midnights, a date that never was, half hours, clocks set back at one
// minute past midnight.
var zones = []string{"UTC", "Europe/Amsterdam", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "Asia/Kolkata"}

// clocks are moments at which much turns.
var clocks = []string{
	"2024-02-29T12:00:00Z", "2025-02-28T23:30:00Z", "2025-03-01T00:30:00Z", "2025-03-30T00:59:59Z", "2025-03-31T10:00:00Z",
	"2011-12-30T09:59:59Z", "2011-12-30T10:00:00Z", "2009-11-01T02:31:00Z", "2024-04-25T21:59:59Z", "2025-12-31T23:59:59Z",
}

func draw[T any](t *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

func chance(t *rapid.T, label string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(t, label) < percent
}

// some draws one to most different items.
func some[T comparable](t *rapid.T, label string, most int, from ...T) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 1, most, rapid.ID[T]).Draw(t, label)
}

func zone(t *rapid.T) *time.Location {
	return location(draw(t, "zone", zones...))
}

func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // time/tzdata is linked
	}
	return loc
}

func clock(t *rapid.T) time.Time {
	at, err := time.Parse(time.RFC3339, draw(t, "now", clocks...))
	if err != nil {
		panic(err)
	}
	return at
}

// day draws a date that stands in some relation to now, or one at which months end.
func day(t *rapid.T, label string, now time.Time) groups.Date {
	at := now
	switch draw(t, label+" is", "near", "months off", "end of February", "years off") {
	case "near":
		at = at.AddDate(0, 0, rapid.IntRange(-9, 9).Draw(t, label))
	case "months off":
		at = at.AddDate(0, rapid.IntRange(-13, 13).Draw(t, label), rapid.IntRange(-2, 2).Draw(t, label))
	case "end of February":
		at = time.Date(now.Year()-rapid.IntRange(-1, 4).Draw(t, label), 2, 28+rapid.IntRange(0, 3).Draw(t, label), 0, 0, 0, 0, time.UTC)
	case "years off":
		at = at.AddDate(-rapid.IntRange(1, 40).Draw(t, label), 0, rapid.IntRange(-8, 8).Draw(t, label))
	}
	return groups.NewDate(at.Date())
}

// instant draws a moment near now, often exactly a bound.
func instant(t *rapid.T, label string, now time.Time) time.Time {
	hours := draw(t, label, 0, 1, -1, 11, -11, 24, -24, 25, -23, 24*7, -24*7, -24*31, -24*365)
	return now.Add(time.Duration(hours) * time.Hour)
}
