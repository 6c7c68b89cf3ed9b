package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/sqlstore"
)

// A recorder opens connections of a driver, and remembers what is asked through them.
type recorder struct {
	driver.Driver
	source string
	asked  []asked
}

type asked struct {
	text   string
	values []driver.NamedValue
}

func (r *recorder) Connect(context.Context) (driver.Conn, error) {
	c, err := r.Open(r.source)
	return recorded{c, r}, err
}

// Driver is the driver.
func (r *recorder) driver() driver.Driver { return r.Driver }

type recorded struct {
	driver.Conn
	*recorder
}

func (c recorded) QueryContext(ctx context.Context, text string, values []driver.NamedValue) (driver.Rows, error) {
	c.asked = append(c.asked, asked{text, values})
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, text, values)
}

func (c recorded) ExecContext(ctx context.Context, text string, values []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(text, "DELETE") {
		c.asked = append(c.asked, asked{text, values})
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, text, values)
}

type connector struct{ *recorder }

func (c connector) Driver() driver.Driver { return c.driver() }

// slow tells the lines of a plan by which a database goes through a table, or through all that a tenant has in one. What
// is in a page or two PostgreSQL reads so, and is right.
var slow = regexp.MustCompile(`Seq Scan on groups_(user|value|enrollment|standing|change|act)\b|^SCAN \w+( |$)[^V]*$|^SEARCH (r|groups_(act|change|standing)) .*\(tenant=\?( AND (number<|group_id>)\?)?\)`)

// readsByIndex: no statement that pages, or looks somebody up, goes through a whole table.
func readsByIndex(t *testing.T, d database) {
	source := d.empty(t)
	db, err := sql.Open(d.driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqlstore.Migrate(t.Context(), db, d.Dialect); err != nil {
		t.Fatal(err)
	}
	inhabit(t, d, db)
	record := &recorder{Driver: db.Driver(), source: source}
	reading := sql.OpenDB(connector{record})
	defer reading.Close()
	s := sqlstore.Open(reading, d.Dialect, "acme")

	const title, city, grade, hired, seen = groups.TextField("title"), groups.ChoiceField("city"), groups.NumberField("grade"), groups.DateField("hired"), groups.InstantField("seen")
	query := func(conditions ...groups.Condition) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			q, err := s.Query(ctx, groups.AnySets(groups.All(conditions...)), noon, nil)
			if err != nil {
				return err
			}
			if len(q.InGo()) > 0 {
				return fmt.Errorf("in Go: %v", q.InGo())
			}
			_, err = verdicts(ctx, q)
			return err
		}
	}
	by := map[string]string{
		"reports": "groups_user_manager", "standings of": "groups_standing_user", "acts of a group": "groups_act_group", "forget": "groups_change_user", "text is": "groups_value_key",
		"text starts": "groups_value_key", "choice": "groups_value_key", "number": "groups_value_key", "date": "groups_value_key", "instant": "groups_value_key",
		"unit": "groups_value_key", "enrollment": "groups_enrollment_(course|pkey)", "has reports": "groups_user_manager",
	}
	for name, read := range map[string]func(ctx context.Context) error{
		"users":            func(ctx context.Context) error { return all(s.Users(ctx)) },
		"a user":           func(ctx context.Context) error { _, err := s.User(ctx, "u0017"); return err },
		"units":            func(ctx context.Context) error { return all(s.Units(ctx)) },
		"reports":          func(ctx context.Context) error { return all(s.Reports(ctx, "u0001")) },
		"groups":           func(ctx context.Context) error { return all(s.Groups(ctx)) },
		"standings":        func(ctx context.Context) error { return all(s.Standings(ctx, "g1", "u0100")) },
		"standings of":     func(ctx context.Context) error { return all(s.StandingsOf(ctx, "u0017")) },
		"members":          func(ctx context.Context) error { return all(s.Members(ctx, "g1", "u0100")) },
		"changes":          func(ctx context.Context) error { return all(s.Changes(ctx, "100")) },
		"acts":             func(ctx context.Context) error { return all(s.Acts(ctx, "", "10")) },
		"acts of a group":  func(ctx context.Context) error { return all(s.Acts(ctx, "g1", "10")) },
		"notes of a group": func(ctx context.Context) error { return all(s.Notes(ctx, groups.NoteDraft, "g1")) },
		"forget": func(ctx context.Context) error {
			return s.Apply(ctx, groups.Commit{Forget: "somebody", Alias: "nobody"})
		},
		"text is":              query(title.Is("title 7")),
		"text starts":          query(title.StartsWith("title 7")),
		"text contains":        query(title.Contains("7")),
		"text is not":          query(title.IsNot("title 7")),
		"text is empty":        query(title.IsEmpty()),
		"choice":               query(city.Is("c7", "c8")),
		"number":               query(grade.Between(3, 4)),
		"date":                 query(hired.InLast(30, groups.Days)),
		"instant":              query(seen.After(noon)),
		"unit":                 query(groups.Tree("org").IsOrBelow("o7")),
		"status":               query(groups.StatusIs(groups.StatusExpired)),
		"direct reports":       query(groups.UserBelow("u0001").ToDepth(1)),
		"has reports":          query(groups.HasReports()),
		"enrollment":           query(groups.Courses("k1", "k2").AtLeast(2).Are(groups.Completed)),
		"member":               query(groups.MemberOfAny("g1")),
		"member of all":        query(groups.MemberOfAll("g1", "g2")),
		"several of one world": query(title.Is("title 7"), city.Is("c7"), groups.Tree("org").IsOrBelow("o7"), groups.StatusIs(groups.StatusActive)),
	} {
		record.asked = nil
		if err := read(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		statements := slices.Clone(record.asked)
		if len(statements) == 0 {
			t.Errorf("%s: nothing was asked", name)
		}
		plans := ""
		for _, asked := range statements {
			if strings.HasPrefix(asked.text, "UPDATE") {
				continue // of the row of the tenant
			}
			plan := plan(t, d, db, asked)
			plans += plan
			for _, line := range strings.Split(plan, "\n") {
				if slow.MatchString(line) {
					t.Errorf("%s goes through a whole table: %s\n%s\n%s", name, line, asked.text, plan)
				}
			}
		}
		if !regexp.MustCompile(by[name]).MatchString(plans) {
			t.Errorf("%s does not look up by %s:\n%s", name, by[name], plans)
		}
	}
}

// plan is how the database goes about a statement.
func plan(t *testing.T, d database, db *sql.DB, a asked) string {
	t.Helper()
	values := make([]any, len(a.values))
	for i, v := range a.values {
		values[i] = v.Value
	}
	explain := map[sqlstore.Dialect]string{sqlstore.SQLite: "EXPLAIN QUERY PLAN ", sqlstore.Postgres: "EXPLAIN "}[d.Dialect]
	rows, err := db.QueryContext(t.Context(), explain+a.text, values...)
	if err != nil {
		t.Fatalf("%s: %v", a.text, err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var line string
		into := []any{new(int), new(int), new(int), &line}
		if d.Dialect == sqlstore.Postgres {
			into = into[3:]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func all[T any](stream iter.Seq2[T, error]) error {
	for _, err := range stream {
		if err != nil {
			return err
		}
	}
	return nil
}

// inhabit writes a tenant, acme, of 1,000 users, and thirty more of the same.
func inhabit(t *testing.T, d database, db *sql.DB) {
	t.Helper()
	s := sqlstore.Open(db, d.Dialect, "acme")
	p := groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{
		{Name: "title", Type: groups.TypeText}, {Name: "city", Type: groups.TypeChoice}, {Name: "grade", Type: groups.TypeNumber},
		{Name: "hired", Type: groups.TypeDate}, {Name: "seen", Type: groups.TypeInstant},
	}, Trees: []groups.Tree{"org"}, EnrollmentStatuses: []string{groups.Completed}}, Trees: map[groups.Tree][]groups.Unit{}}
	for i := range 50 {
		u := groups.Unit{ID: fmt.Sprint("o", i)}
		if i > 0 {
			u.Parent = fmt.Sprint("o", (i-1)/3)
		}
		p.Trees["org"] = append(p.Trees["org"], u)
	}
	var c groups.Commit
	for g := range 3 {
		id := groups.GroupID(fmt.Sprint("g", g))
		c.Writes = append(c.Writes, groups.Write{Group: id, Save: &groups.Group{ID: id, Status: groups.Active}, State: &groups.State{Live: true}})
	}
	for i := range 1000 {
		id := groups.UserID(fmt.Sprintf("u%04d", i))
		p.Upsert = append(p.Upsert, groups.User{
			ID: id, Activation: groups.Activated, Expiry: groups.Current, Manager: groups.ReportsTo(groups.UserID(fmt.Sprintf("u%04d", i/9))),
			Units: map[groups.Tree][]string{"org": {fmt.Sprint("o", i%50)}},
			Fields: map[string]groups.Value{
				"title": groups.Text(fmt.Sprint("Title ", i%90)), "city": groups.Choice(fmt.Sprint("c", i%70)), "grade": groups.Number(float64(i % 40)),
				"hired": groups.Day(groups.NewDate(noon.AddDate(0, 0, -i*3).Date())), "seen": groups.At(noon.AddDate(0, 0, -i)),
			},
			Enrollments: groups.Enrolled(groups.Enrollment{Course: fmt.Sprint("k", i%40), Status: groups.Completed}, groups.Enrollment{Course: fmt.Sprint("k", i%41+1)}),
		})
		for g := range c.Writes {
			w := &c.Writes[g]
			w.Standings = append(w.Standings, groups.Standing{Group: w.Group, User: id, Automatic: true, Population: groups.Automatic, Member: groups.Automatic})
			w.Changes = append(w.Changes, groups.Change{Group: w.Group, User: id, Kind: groups.Joined, After: groups.Automatic, At: noon, ID: fmt.Sprint(id, g)})
			c.Acts = append(c.Acts, groups.Act{Group: w.Group, User: id})
		}
	}
	if err := s.Write(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for table, columns := range map[string]string{
		"user": "id, manager, document, activation, expiry, complete", "value": "user_id, type, name, part, key, tail", "enrollment": "user_id, course, status, completed",
		"place": "tree, id, place, low, high, level, turn, ring, lost, linked", "unit": "tree, id, parent, name", "group": "id, name, kind, status, revision, sequence, definition, state",
		"standing": "group_id, user_id, automatic, undecided, population, member", "change": "number, group_id, user_id, document", "act": "number, group_id, user_id, document",
	} {
		_, err := db.ExecContext(t.Context(), fmt.Sprintf(`WITH RECURSIVE others (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM others WHERE n < 30)
			INSERT INTO groups_%[1]s (tenant, %[2]s) SELECT 'tenant ' || n, %[2]s FROM groups_%[1]s, others WHERE tenant = 'acme'`, table, columns))
		if err != nil {
			t.Fatal(err)
		}
	}
	if d.Dialect == sqlstore.Postgres { // which does that by itself; a SQLite seldom has statistics
		if _, err := db.ExecContext(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
}
