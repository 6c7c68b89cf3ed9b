package sqlstore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/oracle"
	"github.com/grouprules/groups/sqlstore"
)

// agreesAtTheEdges: of what the tables hold, numbers with more digits than any of a database, texts that no
// index takes whole, instants a nanosecond apart.
func agreesAtTheEdges(t *testing.T, d database) {
	long := strings.Repeat("Ünterlänge ", 300)
	numbers := []string{"0", "-0.1", "0.1", "0.10000000000000000000000001", "-1e400", "1e400", "1.5e-300", strings.Repeat("9", 1000), "-" + strings.Repeat("9", 999) + "8"}
	texts := []string{"a", "A b", "a%", "a_b", "Straße", "STRASSE", "e\u0301", "é", "'; DROP TABLE groups_user; --", long, long + "x", long + "y",
		strings.Repeat("z", 1200), strings.Repeat("z", 1201), "\U0010FFFF", "\U0010FFFFx", "\uD7FF", "?1 $1", `back\slash "quoted"`}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	instants := []time.Time{noon, noon.Add(1), noon.Add(-1), time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)}
	days := []string{"0001-01-01", "2026-03-01", "9999-12-31"}
	schema := &groups.Schema{Fields: []groups.Field{
		{Name: "text", Type: groups.TypeText, Several: true}, {Name: "code", Type: groups.TypeText, Exact: true},
		{Name: "number", Type: groups.TypeNumber}, {Name: "instant", Type: groups.TypeInstant}, {Name: "day", Type: groups.TypeDate},
		{Name: "choice", Type: groups.TypeChoice}, {Name: strings.Repeat("long name ", 40) + "!", Type: groups.TypeText}, {Name: "id ' name", Type: groups.TypeText},
	}}
	w := oracle.World{Schema: schema, Now: noon, Zone: time.UTC}
	value := func(t groups.Type, text string) groups.Value {
		v, err := groups.ParseValue(t, text)
		if err != nil {
			panic(err)
		}
		return v
	}
	for i := range 60 {
		text := texts[i%len(texts)]
		u := groups.User{ID: groups.UserID(fmt.Sprintf("u%02d e\u0301", i)), Fields: map[string]groups.Value{
			"text": groups.Text(text, texts[(i*7+3)%len(texts)]), "code": groups.Text(text), "choice": groups.Choice(text),
			"number": value(groups.TypeNumber, numbers[i%len(numbers)]), "instant": groups.At(instants[i%len(instants)]), "day": value(groups.TypeDate, days[i%len(days)]),
			schema.Fields[6].Name: groups.Text(text), "id ' name": groups.Text(text), "not in the schema \xff": groups.Text("x"),
		}}
		if i%13 == 0 {
			u.Fields["text"] = groups.Number(7) // of another type than the field
		}
		w.Users = append(w.Users, u)
	}
	s := sqlstore.Open(d.tables(t), d.Dialect, "te'nant ?1")
	if err := populate(t.Context(), s, w); err != nil {
		t.Fatal(err)
	}
	quoted := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	// One that begins another, and those behind which nothing comes.
	beginnings := []string{"a", "A b", strings.Repeat("z", 1200), strings.Repeat("z", 1201), "\U0010FFFF", "\U0010FFFFx", "\uD7FF"}
	for _, a := range beginnings {
		for _, b := range beginnings {
			if err := agree(t.Context(), s, groups.AnySets(groups.All(groups.TextField("text").StartsWith(a, b))), w, nil); err != nil {
				t.Fatalf("%.2000v", err)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var op, operands string
		name := schema.Fields[r.IntN(len(schema.Fields))].Name
		switch f, _ := schema.Field(name); f.Type {
		case groups.TypeText:
			op = []string{"is", "contains", "startsWith", "endsWith"}[r.IntN(4)]
			operands = `"values":` + quoted([]string{texts[r.IntN(len(texts))], texts[r.IntN(len(texts))]})
		case groups.TypeChoice:
			op, operands = "is", `"values":`+quoted([]string{texts[r.IntN(len(texts))], texts[r.IntN(len(texts))]})
		case groups.TypeNumber:
			op, operands = "is", `"values":[`+numbers[r.IntN(len(numbers))]+`]`
			if r.IntN(4) > 0 {
				op, operands = []string{"less", "atMost", "atLeast", "greater"}[r.IntN(4)], `"value":`+numbers[r.IntN(len(numbers))]
			}
		case groups.TypeDate:
			op, operands = []string{"on", "before", "after", "onOrBefore", "onOrAfter"}[r.IntN(5)], `"value":`+quoted(days[r.IntN(len(days))])
			if r.IntN(3) == 0 {
				op, operands = []string{"inLast", "inNext", "ago", "ahead"}[r.IntN(4)], `"years":`+[]string{"3000", "9000", "3660000"}[r.IntN(3)]
			}
		case groups.TypeInstant:
			op, operands = []string{"before", "after", "onOrBefore", "onOrAfter"}[r.IntN(4)], `"value":`+quoted(instants[r.IntN(len(instants))])
			if r.IntN(3) == 0 {
				op, operands = []string{"on", "before", "after"}[r.IntN(3)], `"value":`+quoted(days[r.IntN(len(days))])
			}
		}
		if r.IntN(2) == 0 {
			op = "not" + strings.ToUpper(op[:1]) + op[1:]
			op = strings.Replace(op, "notIs", "isNot", 1)
		}
		c, err := groups.ParseCriteria([]byte(fmt.Sprintf(`{"match":"all","sets":[{"match":"all","conditions":[{"kind":"field","field":%s,"op":%q,%s}]}]}`, quoted(name), op, operands)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := agree(t.Context(), s, c, w, nil); err != nil {
			t.Fatalf("%.2000v", err)
		}
	}
}

// runsAtTheLimits: 50 sets of 10 conditions, each with 2,000 operands.
func runsAtTheLimits(t *testing.T, d database) {
	r := rand.New(rand.NewPCG(3, 4))
	world := rapid.Custom(func(t *rapid.T) oracle.World { return law.Drawn{}.World(t) })
	w := world.Example(1)
	s := sqlstore.Open(d.tables(t), d.Dialect, "acme")
	if err := populate(t.Context(), s, w); err != nil {
		t.Fatal(err)
	}
	many := make([]string, 2000)
	for i := range many {
		many[i] = fmt.Sprint("value ", i)
	}
	many[1000] = "sales"
	units, courses, users := slices.Clone(many), slices.Clone(many), make([]groups.UserID, 2000)
	units[1], courses[1] = "a", "c1"
	for i := range users {
		users[i] = groups.UserID(many[i])
	}
	users[1] = "u1"
	c := groups.Criteria{Match: groups.MatchAny}
	for range 50 {
		set := groups.Set{Match: groups.MatchAll}
		for range 10 {
			set.Conditions = append(set.Conditions, []groups.Condition{
				groups.TextField("title").IsNot(many...), groups.TextField("title").Contains(many...).Not(), groups.TextField("tags").StartsWith(many...).Not(),
				groups.MultiChoiceField("langs").IncludesAny(many...).Not(), groups.Tree("branch").IsOrBelow(units...).Not(),
				groups.Courses(courses...).AreEnrolled(), groups.UserIs(users...).Not(), groups.UserBelow(users...).ToDepth(1).Not(),
				groups.MemberOfAny("g1", "g2").Not(),
			}[r.IntN(9)])
		}
		c.Sets = append(c.Sets, set)
	}
	for _, match := range []groups.Match{groups.MatchAll, groups.MatchAny} {
		for i := range c.Sets {
			c.Sets[i].Match = match
		}
		c.Match = groups.MatchAll + groups.MatchAny - match
		if err := agree(t.Context(), s, c, w, written{oracle.Tenant{World: w}}); err != nil {
			t.Fatalf("%.3000v", err)
		}
	}
}

// saysNothingOfTheRule: what a rule says is among the parameters, and the text of a statement depends on its shape alone.
func saysNothingOfTheRule(t *testing.T, d database) {
	world := rapid.Custom(func(t *rapid.T) oracle.World { return law.Drawn{}.World(t) })
	w := world.Example(2)
	const drop = "'; DROP TABLE groups_user; --"
	w.Schema = &groups.Schema{Fields: append(slices.Clone(w.Schema.Fields), groups.Field{Name: "zqxj " + drop, Type: groups.TypeText}), Trees: w.Schema.Trees, EnrollmentStatuses: w.Schema.EnrollmentStatuses}
	s := sqlstore.Open(d.tables(t), d.Dialect, "zqxj "+drop)
	if err := populate(t.Context(), s, w); err != nil {
		t.Fatal(err)
	}
	// All that is given carries letters that no statement has.
	mark := func(n int) string { return fmt.Sprintf("zqxj%d %s", n, drop) }
	texts := func(n int, c groups.Criteria) []string {
		t.Helper()
		q, err := s.Query(t.Context(), c, w.Now, w.Zone)
		if err != nil {
			t.Fatal(err)
		}
		statements, _ := q.Statements()
		for _, text := range statements {
			if strings.Contains(text, "zqxj") || strings.Contains(text, "DROP") || strings.Contains(text, "--") {
				t.Fatalf("%v is in %s", c, text)
			}
		}
		if _, err := verdicts(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		return statements
	}
	field := groups.TextField("zqxj " + drop)
	shapes := func(n int) []groups.Condition {
		a, b := mark(n), mark(n+1)
		return []groups.Condition{
			field.Is(a, b), field.Contains(a), field.StartsWith(a, b), field.EndsWith(a), groups.ChoiceField("grade").Is(a), groups.MultiChoiceField("langs").IncludesAll(a, b),
			groups.NumberField("points").AtLeast(float64(31337 + n)), groups.DateField("hired").Before(groups.NewDate(2001, 2, 3+n%20)),
			groups.Tree(mark(n)).IsOrBelow(a, b).ToDepth(3 + n), groups.UserIs(groups.UserID(a)), groups.UserBelow(groups.UserID(a)).ToDepth(1),
			groups.Courses(a, b).All().Are(a), groups.Courses(a).AreCompleted(groups.CompletionDate.Before(groups.NewDate(2001, 2, 3+n%20))),
			groups.MemberOfAll(groups.GroupID(a), groups.GroupID(b)).WithBelow(),
		}
	}
	for i := range shapes(0) {
		first := texts(0, groups.AnySets(groups.All(shapes(0)[i])))
		for n := 1; n < 5; n++ {
			if diff := cmp.Diff(first, texts(n, groups.AnySets(groups.All(shapes(n)[i])))); diff != "" {
				t.Errorf("another text for another operand of %v:\n%s", shapes(n)[i], diff)
			}
		}
	}
	// And of random rules there is no word that is not of this package.
	words := regexp.MustCompile(`[A-Za-z]{4,}`)
	seen := map[string]bool{}
	rules := rapid.Custom(func(t *rapid.T) groups.Criteria { return law.Drawn{}.Criteria(t, w.Now, len(w.Users)) })
	for seed := range 500 {
		q, err := s.Query(t.Context(), rules.Example(seed), w.Now, w.Zone)
		if err != nil {
			t.Fatal(err)
		}
		statements, _ := q.Statements()
		for _, text := range statements {
			for _, word := range words.FindAllString(text, -1) {
				seen[word] = true
			}
		}
	}
	var source strings.Builder
	for _, name := range []string{"answer.go", "dialect.go", "fieldquestion.go", "ownquestion.go", "query.go", "filing.go", "question.go"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	for word := range seen {
		if !strings.Contains(source.String(), word) && !slices.Contains([]string{"text", "choice", "number", "date", "instant", "bool", "active", "deactivated", "current", "expired"}, word) {
			t.Errorf("%q is in a statement, and comes from elsewhere", word)
		}
	}
}

// refiles: people who were written before there were tables for their values are asked about in Go, until the next
// write; and a field that is compared in another way is filed anew.
func refiles(t *testing.T, d database) {
	db := d.tables(t)
	s := sqlstore.Open(db, d.Dialect, "acme")
	schema := func(exact bool) *groups.Schema {
		return &groups.Schema{Fields: []groups.Field{{Name: "code", Type: groups.TypeText, Exact: exact}}, Trees: []groups.Tree{"branch"}}
	}
	const code groups.TextField = "code"
	w := oracle.World{Schema: schema(true), Now: noon, Zone: time.UTC, Units: []groups.Unit{{Tree: "branch", ID: "a"}, {Tree: "branch", ID: "b", Parent: "a"}}}
	for i := range 1200 { // more than a page
		w.Users = append(w.Users, groups.User{
			ID: groups.UserID(fmt.Sprintf("u%04d", i)), Activation: groups.Activated, Units: map[groups.Tree][]string{"branch": {"b"}},
			Fields: map[string]groups.Value{"code": groups.Text([]string{"Ab", "ab", "aB"}[i%3])},
		})
	}
	if err := populate(t.Context(), s, w); err != nil {
		t.Fatal(err)
	}
	rule := groups.AnySets(groups.All(code.Is("AB", "ab"), groups.Tree("branch").Below("a"), groups.StatusIs(groups.StatusActive)))
	check := func(inGo bool) {
		t.Helper()
		q, err := s.Query(t.Context(), rule, noon, nil)
		if err != nil {
			t.Fatal(err)
		}
		if problems := q.InGo(); inGo != (len(problems) > 0) || inGo && !errors.Is(problems[0], sqlstore.ErrInGo) {
			t.Fatalf("in Go: %v", problems)
		}
		if err := agree(t.Context(), s, rule, w, nil); err != nil {
			t.Fatalf("%.2000v", err)
		}
	}
	check(false)
	for _, table := range []string{"groups_filed", "groups_value", "groups_enrollment", "groups_place"} {
		if _, err := db.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE groups_user SET activation = NULL, expiry = NULL, complete = NULL"); err != nil {
		t.Fatal(err)
	}
	check(true)
	w.Schema = schema(false)
	if err := s.Write(t.Context(), groups.PeopleChange{Schema: w.Schema}); err != nil {
		t.Fatal(err)
	}
	check(false)
	w.Schema = schema(true)
	if err := s.Write(t.Context(), groups.PeopleChange{Schema: w.Schema}); err != nil {
		t.Fatal(err)
	}
	check(false)
	// Who is removed or forgotten leaves nothing.
	if err := s.Write(t.Context(), groups.PeopleChange{Remove: []groups.UserID{"u0001"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), groups.Commit{Forget: "u0002", Alias: "somebody"}); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM groups_value WHERE user_id IN ('u0001', 'u0002')").Scan(&left); err != nil || left > 0 {
		t.Errorf("%d rows are left: %v", left, err)
	}
}

func refusesStaleQueries(t *testing.T, d database) {
	s := sqlstore.Open(d.tables(t), d.Dialect, "acme")
	schema := func(exact bool) groups.PeopleChange {
		return groups.PeopleChange{
			Schema: &groups.Schema{Fields: []groups.Field{{Name: "code", Type: groups.TypeText, Exact: exact}}},
			Upsert: []groups.User{{ID: "ada", Fields: map[string]groups.Value{"code": groups.Text("A1")}}},
		}
	}
	if err := s.Write(t.Context(), schema(false)); err != nil {
		t.Fatal(err)
	}
	q, err := s.Query(t.Context(), groups.AnySets(groups.All(groups.TextField("code").Is("a1"))), noon, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), schema(true)); err != nil {
		t.Fatal(err)
	}
	for id, err := range q.Yes(t.Context()) {
		if !errors.Is(err, sqlstore.ErrStaleQuery) {
			t.Errorf("%q, %v: the rule was made when A1 was a1", id, err)
		}
		return
	}
	t.Error("nobody is found, and nothing is said")
}
