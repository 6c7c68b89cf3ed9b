package groups_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// The benchmarks' world: ten typed fields with values as skewed as in life, an org tree, reporting
// lines, courses, and groups of six conditions on average.
const (
	benchTitle   groups.TextField        = "title"
	benchCity    groups.TextField        = "city"
	benchCountry groups.ChoiceField      = "country"
	benchGrade   groups.ChoiceField      = "grade"
	benchSkills  groups.MultiChoiceField = "skills"
	benchHired   groups.DateField        = "hired"
	benchSeen    groups.InstantField     = "seen"
	benchFTE     groups.NumberField      = "fte"
	benchPay     groups.NumberField      = "pay"
	benchRemote  groups.BoolField        = "remote"
	benchOrg     groups.Tree             = "org"
)

func newYear() time.Time { return time.Date(2026, time.January, 1, 9, 0, 0, 0, time.UTC) }

func benchSchema() *groups.Schema {
	s := &groups.Schema{Trees: []groups.Tree{benchOrg}, EnrollmentStatuses: []string{"completed", "enrolled"}}
	for _, f := range []struct {
		name string
		typ  groups.Type
	}{
		{"title", groups.TypeText}, {"city", groups.TypeText}, {"country", groups.TypeChoice}, {"grade", groups.TypeChoice},
		{"skills", groups.TypeMultiChoice}, {"hired", groups.TypeDate}, {"seen", groups.TypeInstant},
		{"fte", groups.TypeNumber}, {"pay", groups.TypeNumber}, {"remote", groups.TypeBool},
	} {
		s.Fields = append(s.Fields, groups.Field{Name: f.name, Type: f.typ})
	}
	return s
}

// skewed draws from 0 to n-1, small numbers far more often.
func skewed(r *rand.Rand, n int) int {
	return int(float64(n) * r.Float64() * r.Float64() * r.Float64())
}

func benchUsers(n int) ([]groups.User, []groups.Unit) {
	r := rand.New(rand.NewPCG(1, 2))
	titles, cities := make([]groups.Value, 300), make([]groups.Value, 200)
	for i := range titles {
		titles[i] = groups.Text(fmt.Sprintf("%s %s %d", []string{"Senior", "Junior", "Lead"}[i%3], []string{"Engineer", "Sales", "Nurse", "Teacher"}[i%4], i))
	}
	for i := range cities {
		cities[i] = groups.Text(fmt.Sprintf("City %d", i))
	}
	units := make([]groups.Unit, max(1, n/50))
	for i := range units {
		units[i] = groups.Unit{Tree: benchOrg, ID: fmt.Sprintf("u%06d", i)}
		if i > 0 {
			units[i].Parent = fmt.Sprintf("u%06d", (i-1)/8)
		}
	}
	day := func(n int) groups.Date {
		t := time.Date(2010, 1, 1+n, 0, 0, 0, 0, time.UTC)
		return groups.NewDate(t.Date())
	}
	users := make([]groups.User, n)
	for i := range users {
		u := &users[i]
		u.ID = groups.UserID(fmt.Sprintf("p%07d", i))
		u.Activation, u.Expiry = groups.Activated, groups.Current
		if r.IntN(50) == 0 {
			u.Activation = groups.Deactivated
		}
		u.Manager = groups.ReportsTo("")
		if i > 0 {
			u.Manager = groups.ReportsTo(groups.UserID(fmt.Sprintf("p%07d", (i-1)/8)))
		}
		u.Fields = map[string]groups.Value{
			"title": titles[skewed(r, len(titles))], "city": cities[skewed(r, len(cities))],
			"country": groups.Choice(fmt.Sprintf("c%d", skewed(r, 40))), "grade": groups.Choice(fmt.Sprintf("g%d", skewed(r, 12))),
			"skills": groups.Choice(fmt.Sprintf("s%d", skewed(r, 30)), fmt.Sprintf("s%d", skewed(r, 30))),
			"hired":  groups.Day(day(r.IntN(5800))), "seen": groups.At(time.Date(2025, 1, 1, 0, r.IntN(500000), 0, 0, time.UTC)),
			"fte": groups.Number(float64(1+r.IntN(10)) / 10), "pay": groups.Number(float64(20000 + 100*skewed(r, 900))), "remote": groups.Bool(r.IntN(4) == 0),
		}
		u.Units = map[groups.Tree][]string{benchOrg: {units[r.IntN(len(units))].ID}}
		var courses []groups.Enrollment
		for range 8 {
			courses = append(courses, groups.Enrollment{Course: fmt.Sprintf("k%d", skewed(r, 200)), Status: []string{"completed", "enrolled"}[r.IntN(2)], Completed: groups.Day(day(5000 + r.IntN(800)))})
		}
		u.Enrollments = groups.Enrolled(courses...)
	}
	return users, units
}

func benchCondition(r *rand.Rand, users, units int) groups.Condition {
	switch r.IntN(11) {
	case 0:
		return benchTitle.Contains([]string{"engineer", "sales", "nurse", "lead"}[r.IntN(4)])
	case 1:
		return benchCity.Is(fmt.Sprintf("city %d", skewed(r, 200)), fmt.Sprintf("city %d", skewed(r, 200)))
	case 2:
		return benchCountry.Is(fmt.Sprintf("c%d", skewed(r, 40)))
	case 3:
		return benchGrade.IsNot(fmt.Sprintf("g%d", skewed(r, 12)))
	case 4:
		return benchSkills.IncludesAny(fmt.Sprintf("s%d", skewed(r, 30)))
	case 5:
		return benchHired.InLast(1+r.IntN(48), groups.Months)
	case 6:
		return benchPay.AtLeast(float64(20000 + 100*skewed(r, 900)))
	case 7:
		return benchOrg.IsOrBelow(fmt.Sprintf("u%06d", skewed(r, units)))
	case 8:
		return groups.UserBelow(groups.UserID(fmt.Sprintf("p%07d", skewed(r, users/8))))
	case 9:
		return groups.Courses(fmt.Sprintf("k%d", skewed(r, 200)), fmt.Sprintf("k%d", skewed(r, 200))).Are("completed")
	default:
		return groups.DateField(benchSeen).InLast(1+r.IntN(60), groups.Days)
	}
}

func benchGroups(n, users, units int) []groups.Group {
	r := rand.New(rand.NewPCG(3, 4))
	out := make([]groups.Group, n)
	for i := range out {
		var sets []groups.Set
		for range 1 + r.IntN(3) {
			set := groups.Set{Match: groups.MatchAll}
			for range 2 + r.IntN(3) {
				set.Conditions = append(set.Conditions, benchCondition(r, users, units))
			}
			sets = append(sets, set)
		}
		out[i] = groups.Group{
			ID: groups.GroupID(fmt.Sprintf("g%05d", i)), Name: "group", Kind: groups.AutomaticGroup, Status: groups.Active,
			Deactivated: groups.DropAutomatic, Criteria: groups.AnySets(sets...),
		}
	}
	return out
}

func benchWorld(tb testing.TB, users, groupCount int) (*groups.Memory, *groups.Evaluator, []groups.User) {
	tb.Helper()
	ctx := context.Background()
	people, units := benchUsers(users)
	m := groups.NewMemory()
	if err := m.Write(ctx, groups.PeopleChange{Schema: benchSchema(), Upsert: people, Trees: map[groups.Tree][]groups.Unit{benchOrg: units}}); err != nil {
		tb.Fatal(err)
	}
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	for _, g := range benchGroups(groupCount, users, len(units)) {
		if _, err := ev.Save(ctx, g, "bench"); err != nil {
			tb.Fatal(err)
		}
	}
	return m, ev, people
}

func benchView(people []groups.User, units []groups.Unit) *groups.View {
	return &groups.View{
		Now: newYear(), Trees: map[groups.Tree]*groups.Hierarchy{benchOrg: groups.NewTree(units...)}, Lines: groups.NewLines(people...),
	}
}

func BenchmarkMatch(b *testing.B) {
	people, units := benchUsers(2000)
	view := benchView(people, units)
	var rules []*groups.Rule
	for _, g := range benchGroups(100, len(people), len(units)) {
		rule, err := benchSchema().Compile(g.Criteria)
		if err != nil {
			b.Fatal(err)
		}
		rules = append(rules, rule)
	}
	// As a page asks, with everything about the user far away, and as a run does that looks at everybody.
	for name, user := range map[string]func(i int) int{
		"another user":   func(i int) int { return i % len(people) },
		"the same again": func(i int) int { return i / len(rules) % len(people) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				rules[i%len(rules)].Match(&people[user(i)], view)
			}
		})
	}
}

func BenchmarkExplain(b *testing.B) {
	people, units := benchUsers(2000)
	view := benchView(people, units)
	rule, err := benchSchema().Compile(benchGroups(1, len(people), len(units))[0].Criteria)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		rule.Explain(&people[i%len(people)], view)
	}
}

// What a support desk waits for, beside what a page asks.
func BenchmarkOneUserAmong1000Groups(b *testing.B) {
	_, ev, people := benchWorld(b, 30000, 1000)
	ctx := context.Background()
	if _, err := ev.Process(ctx); err != nil {
		b.Fatal(err)
	}
	pair := func(i int) (groups.GroupID, groups.UserID) {
		return groups.GroupID(fmt.Sprintf("g%05d", i%1000)), people[i*7919%len(people)].ID
	}
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			g, u := pair(i)
			if _, err := ev.Match(ctx, g, u); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("explain", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			g, u := pair(i)
			if _, err := ev.Explain(ctx, g, u); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFullEvaluation30000UsersBy250Groups(b *testing.B) {
	_, ev, _ := benchWorld(b, 30000, 250)
	ctx := context.Background()
	if _, err := ev.Process(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ev.Evaluate(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/30000/250, "ns/pair")
}

// What an administrator waits for: a preview of one group among 250, with all its lists.
func BenchmarkPreviewOneGroupOf30000Users(b *testing.B) {
	m, ev, _ := benchWorld(b, 30000, 250)
	ctx := context.Background()
	if _, err := ev.Process(ctx); err != nil {
		b.Fatal(err)
	}
	var g groups.Group
	for g = range m.Groups(ctx) {
		break
	}
	g.Criteria = groups.AnySets(groups.All(benchPay.AtLeast(40000)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ev.Preview(ctx, g, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// A run that the guard holds looks at the people twice, and reads who leaves once more; x/plain is how much
// longer it takes than the same run without a guard.
func BenchmarkHeldRunOf30000UsersBy50Groups(b *testing.B) {
	m, _, people := benchWorld(b, 30000, 50)
	ctx := context.Background()
	guarded := groups.NewEvaluator(m, m, &groups.Options{Now: newYear})
	plain := groups.NewEvaluator(m, m, &groups.Options{Now: newYear, Guard: &groups.Guard{}})
	if _, err := plain.Process(ctx); err != nil {
		b.Fatal(err)
	}
	for i := range people {
		people[i].Fields = maps.Clone(people[i].Fields)
		for name := range people[i].Fields {
			people[i].Fields[name] = groups.Empty()
		}
	}
	if err := m.Write(ctx, groups.PeopleChange{Upsert: people}); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if _, err := plain.Evaluate(ctx); err != nil {
		b.Fatal(err)
	}
	unguarded := time.Since(start)
	b.ReportAllocs()
	for b.Loop() {
		run, err := guarded.Evaluate(ctx)
		if err != nil {
			b.Fatal(err)
		}
		if len(run.Held) == 0 {
			b.Fatal("nothing is held")
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(unguarded), "x/plain")
}

func BenchmarkOneChangedUserAgainst2000Groups(b *testing.B) {
	m, ev, people := benchWorld(b, 2000, 2000)
	ctx := context.Background()
	if _, err := ev.Process(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		u := people[1000+i%1000] // a leaf of the reporting line
		if err := m.Write(ctx, groups.PeopleChange{Upsert: []groups.User{withCity(u, i)}}); err != nil {
			b.Fatal(err)
		}
		if _, err := ev.Changed(ctx, groups.Touched{Users: []groups.UserID{u.ID}}); err != nil {
			b.Fatal(err)
		}
	}
}

// withCity is the user in another city.
func withCity(u groups.User, n int) groups.User {
	fields := make(map[string]groups.Value, len(u.Fields))
	for name, v := range u.Fields {
		fields[name] = v
	}
	fields["city"] = groups.Text(fmt.Sprintf("City %d", n%200))
	u.Fields = fields
	return u
}

func TestMatchDoesNotAllocate(t *testing.T) {
	people, units := benchUsers(200)
	view := benchView(people, units)
	for _, g := range benchGroups(60, len(people), len(units)) {
		rule, err := benchSchema().Compile(g.Criteria)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(3, func() {
			for i := range people {
				rule.Match(&people[i], view)
			}
		}); n != 0 {
			t.Errorf("%v allocations for %d users by %v", n, len(people), g.Criteria)
		}
	}
}

func TestEvaluatingAllocatesForEachUserAndNotForEachPair(t *testing.T) {
	const few, many, groupCount = 200, 600, 50
	allocations := func(users int) float64 {
		_, ev, _ := benchWorld(t, users, groupCount)
		ctx := context.Background()
		if _, err := ev.Process(ctx); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(2, func() {
			if _, err := ev.Evaluate(ctx); err != nil {
				t.Fatal(err)
			}
		})
	}
	// A user costs a few allocations for being read; a pair of user and group must not.
	if n := (allocations(many) - allocations(few)) / (many - few); n > 4 {
		t.Errorf("%.1f allocations a user in %d groups", n, groupCount)
	}
}

// Two versions of criteria in people, beside the live number of one of them: the versions are those of a group with one
// condition replaced. Listed is how many users are told by name.
func BenchmarkTwoVersionsOf250000UsersBesideACount(b *testing.B) {
	m, ev, _ := benchWorld(b, 250_000, 50)
	ctx := context.Background()
	if _, err := ev.Process(ctx); err != nil {
		b.Fatal(err)
	}
	var list []groups.Group
	for g, err := range m.Groups(ctx) {
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, g)
	}
	count := func(i, listed int) error {
		_, _, err := ev.CountPage(ctx, list[i], listed)
		return err
	}
	differ := func(i, listed int) error {
		sets := slices.Clone(list[i].Criteria.Sets)
		sets[0].Conditions = append(slices.Clone(sets[0].Conditions[1:]), list[(i+1)%len(list)].Criteria.Sets[0].Conditions[0])
		_, err := ev.Differ(ctx, list[i], groups.Criteria{Match: list[i].Criteria.Match, Sets: sets}, listed)
		return err
	}
	for _, listed := range []int{0, 20} {
		for _, ask := range []struct {
			name string
			ask  func(i, listed int) error
		}{{"count", count}, {"differ", differ}} {
			b.Run(fmt.Sprintf("%s, %d listed", ask.name, listed), func(b *testing.B) {
				for i := range list { // what is worked out once
					if err := ask.ask(i, listed); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if err := ask.ask(i%len(list), listed); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
