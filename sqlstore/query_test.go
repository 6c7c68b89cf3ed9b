package sqlstore_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/law/vectors"
	"github.com/grouprules/groups/internal/oracle"
	"github.com/grouprules/groups/sqlstore"
)

// populate writes the people of a world.
func populate(ctx context.Context, s *sqlstore.Store, w oracle.World) error {
	trees := map[groups.Tree][]groups.Unit{}
	for _, u := range w.Units {
		trees[u.Tree] = append(trees[u.Tree], u)
	}
	return s.Write(ctx, groups.PeopleChange{Schema: w.Schema, Upsert: w.Users, Trees: trees})
}

// settle writes the groups of a tenant with what is stored about them.
func settle(ctx context.Context, s *sqlstore.Store, t oracle.Tenant) error {
	var c groups.Commit
	for _, g := range t.Groups {
		w := groups.Write{Group: g.ID, Save: &g, State: &groups.State{Live: t.Live[g.ID]}}
		for _, u := range t.Everybody() {
			if st := t.Stored.At(g.ID, u); !st.Blank() {
				w.Standings = append(w.Standings, st)
			}
		}
		c.Writes = append(c.Writes, w)
	}
	return s.Apply(ctx, c)
}

// written answers conditions on groups as the page says of those that a run does not process.
type written struct{ oracle.Tenant }

func (t written) MemberOf(u groups.UserID, id groups.GroupID, orBelow bool) groups.Verdict {
	answer := groups.Unknown
	if g, ok := t.Group(id); ok && g.Status == groups.Active && t.Live[id] {
		switch st := t.Stored.At(id, u); {
		case st.Undecided:
		case st.Member != groups.Outside:
			answer = groups.Yes
		default:
			answer = groups.No
		}
	}
	for _, g := range t.Groups {
		if !orBelow || g.Parent != id || answer == groups.Yes {
			continue
		}
		if below := t.MemberOf(u, g.ID, true); below != groups.No {
			answer = below
		}
	}
	return answer
}

// verdicts are those of a query, about everybody who is not No.
func verdicts(ctx context.Context, q *sqlstore.Query) (map[groups.UserID]groups.Verdict, error) {
	says := map[groups.UserID]groups.Verdict{}
	for verdict, users := range map[groups.Verdict]iter.Seq2[groups.UserID, error]{groups.Yes: q.Yes(ctx), groups.Unknown: q.Unknown(ctx)} {
		var last groups.UserID
		for id, err := range users {
			if err != nil {
				return nil, err
			}
			if _, twice := says[id]; twice || id <= last {
				return nil, fmt.Errorf("%s is %v after %s", id, verdict, last)
			}
			says[id], last = verdict, id
		}
	}
	return says, nil
}

// agree compares a query with the Rule, about everybody.
func agree(ctx context.Context, s *sqlstore.Store, c groups.Criteria, w oracle.World, memberships groups.Memberships) error {
	q, err := s.Query(ctx, c, w.Now, w.Zone)
	if err != nil {
		return err
	}
	says, err := verdicts(ctx, q)
	if err != nil {
		return fmt.Errorf("%v: %w", c, err)
	}
	rule, err := w.Schema.Compile(c)
	if err != nil {
		return err
	}
	view := law.View(w)
	view.Memberships = memberships
	for i := range w.Users {
		u := &w.Users[i]
		got, there := says[u.ID]
		if !there {
			got = groups.No
		}
		if want := rule.Match(u, view); got != want {
			texts, _ := q.Statements()
			return fmt.Errorf("%v says %v of %s, want %v (in Go: %v)\n%s\n%s", c, got, u.ID, want, q.InGo(), strings.Join(texts, "\n"), law.DescribeWorld(w))
		}
	}
	return nil
}

// agreesInWorlds tries so many rules in each of so many tenants.
func agreesInWorlds(worlds, rules int) func(*testing.T, database) {
	return func(t *testing.T, d database) {
		db := d.tables(t)
		alone, tenants := 0, 0
		world := rapid.Custom(func(t *rapid.T) error {
			ctx := context.Background()
			tenant := law.Drawn{}.Tenant(t)
			tenants++
			s := sqlstore.Open(db, d.Dialect, fmt.Sprint("tenant ", tenants))
			if err := populate(ctx, s, tenant.World); err != nil {
				return err
			}
			if err := settle(ctx, s, tenant); err != nil {
				return err
			}
			for range rules {
				c := law.Drawn{}.Criteria(t, tenant.Now, len(tenant.Users))
				if err := agree(ctx, s, c, tenant.World, written{tenant}); err != nil {
					return err
				}
				if q, err := s.Query(ctx, c, tenant.Now, tenant.Zone); err == nil && len(q.InGo()) == 0 {
					alone++
				}
			}
			return nil
		})
		for seed := range worlds {
			if err := world.Example(seed); err != nil {
				t.Fatalf("world %d: %v", seed, err)
			}
		}
		if share := float64(alone) / float64(worlds*rules); share < 0.5 {
			t.Errorf("the database answered %.0f%% alone", 100*share)
		}
	}
}

func agreesOnVectors(t *testing.T, d database) {
	files, err := vectors.Read(os.DirFS("../testdata/vectors"))
	if err != nil {
		t.Fatal(err)
	}
	db, cases := d.tables(t), 0
	for _, f := range files {
		for _, c := range f.Cases {
			cases++
			q, err := f.Question(c)
			if err != nil {
				t.Fatal(err)
			}
			s := sqlstore.Open(db, d.Dialect, fmt.Sprint("case ", cases))
			if err := populate(t.Context(), s, q.World); err != nil {
				t.Fatalf("%s: %s: %v", f.Name, c.Name, err)
			}
			tenant := oracle.Tenant{World: q.World, Stored: oracle.Stored{}, Live: map[groups.GroupID]bool{}}
			for _, m := range c.Memberships {
				id := groups.GroupID(m.Group)
				st := groups.Standing{Group: id, User: q.User.ID, Undecided: m.Is == "unknown", Population: groups.Manual}
				if m.Is == "yes" {
					st.Member = groups.Manual
				}
				g := groups.Group{ID: id, Status: groups.Active}
				if m.OrBelow {
					// The group itself says no, and the one beneath it what the case has it say.
					g.ID, g.Parent, st.Group = id+" below", id, id+" below"
					if !slices.ContainsFunc(tenant.Groups, func(g groups.Group) bool { return g.ID == id }) {
						tenant.Groups = append(tenant.Groups, groups.Group{ID: id, Status: groups.Active})
						tenant.Live[id] = true
					}
				}
				tenant.Groups = append(tenant.Groups, g)
				tenant.Live[g.ID] = true
				tenant.Stored.Put(st)
			}
			if err := settle(t.Context(), s, tenant); err != nil {
				t.Fatalf("%s: %s: %v", f.Name, c.Name, err)
			}
			query, err := s.Query(t.Context(), q.Criteria, q.World.Now, q.World.Zone)
			if err != nil {
				t.Fatalf("%s: %s: %v", f.Name, c.Name, err)
			}
			says, err := verdicts(t.Context(), query)
			if err != nil {
				t.Fatalf("%s: %s: %v", f.Name, c.Name, err)
			}
			got, there := says[q.User.ID]
			if !there {
				got = groups.No
			}
			if got != q.Want {
				t.Errorf("%s: %s: %v, want %v: %s", f.Name, c.Name, got, q.Want, c.Why)
			}
		}
	}
	if cases < 1000 {
		t.Errorf("only %d cases were read", cases)
	}
}

// asksWhereTheTableSays: the table in the README has every kind and operator, and says of each where it is asked.
func asksWhereTheTableSays(t *testing.T, d database) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(readme), "| kind | operators | asked in |\n|---|---|---|\n")
	if !found {
		t.Fatal("no table")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	says, seen := map[string]string{}, map[string]bool{}
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		for _, kind := range strings.Split(cells[0], ",") {
			for _, op := range strings.Split(cells[1], ",") {
				says[strings.TrimSpace(kind)+" "+strings.TrimSpace(op)] = strings.TrimSpace(cells[len(cells)-1])
			}
		}
	}
	world := rapid.Custom(func(t *rapid.T) oracle.World { return law.Drawn{}.World(t) })
	w := world.Example(0)
	s := sqlstore.Open(d.tables(t), d.Dialect, "acme")
	if err := populate(t.Context(), s, w); err != nil {
		t.Fatal(err)
	}
	draw := rapid.Custom(func(t *rapid.T) groups.Condition { return law.Drawn{}.Condition(t, w.Now, len(w.Users)) })
	for seed := range 3000 {
		c := draw.Example(seed)
		name, inGo := "", false
		switch c := c.(type) {
		case groups.FieldCondition:
			f, _ := w.Schema.Field(c.Field)
			name = fmt.Sprint(f.Type, " ", c.Op)
			inGo = c.Op == "matches" || c.Op == "anniversaryWithin"
		case groups.UnitCondition:
			name = "unit " + string(c.Op)
		case groups.UserCondition:
			name = "user " + string(c.Op)
			inGo = (c.Op == "below" || c.Op == "isOrBelow") && c.Depth != 1
		case groups.EnrollmentCondition:
			name = "enrollment " + string(c.Op)
			inGo = c.When.Op == "anniversaryWithin"
		case groups.GroupCondition:
			name = "group " + string(c.Op)
		case groups.StatusCondition:
			name = "status is"
		case groups.Everyone:
			name = "everyone "
		}
		where, in := says[name]
		if !in {
			t.Fatalf("%s is not in the table", name)
		}
		seen[name] = true
		q, err := s.Query(t.Context(), groups.AllSets(groups.All(c)), w.Now, w.Zone)
		if err != nil {
			t.Fatal(err)
		}
		problems := q.InGo()
		_, reason, _ := strings.Cut(where, "Go: ")
		switch {
		case len(problems) > 0 != inGo:
			t.Fatalf("%v: in Go: %v", c, problems)
		case inGo && where == "SQL", !inGo && strings.HasPrefix(where, "Go"), inGo && reason != "" && problems[0].Text != reason:
			t.Errorf("%v: the table has %q, and in Go is %v", c, where, problems)
		}
	}
	for name, where := range says {
		if !seen[name] {
			t.Errorf("nothing was drawn of %s (%s)", name, where)
		}
	}
}
