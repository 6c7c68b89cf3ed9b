package admin_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

const (
	Branch groups.Tree        = "branch"
	Title  groups.TextField   = "title"
	Points groups.NumberField = "points"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	root = admin.Administrator("root")
)

// north is an actor who sees the users whose ID begins with n, and nothing else.
func north() admin.Actor {
	return admin.Actor{By: "nora", Scope: func(u *groups.User) groups.Verdict {
		if strings.HasPrefix(string(u.ID), "n") {
			return groups.Yes
		}
		return groups.No
	}}
}

// A tenant is a desk with people and groups in memory.
type tenant struct {
	*admin.Desk
	ev    *groups.Evaluator
	store *groups.Memory
	now   time.Time
}

// fataler is what tests, laws and examples have in common.
type fataler interface {
	Helper()
	Fatal(...any)
}

func newTenant(t fataler, users ...groups.User) *tenant {
	t.Helper()
	w := &tenant{store: groups.NewMemory(), now: noon}
	w.ev = groups.NewEvaluator(w.store, w.store, &groups.Options{Now: func() time.Time { return w.now }, Exclusions: true})
	w.Desk = admin.New(w.ev, w.store, w.store, nil)
	err := w.store.Write(context.Background(), groups.PeopleChange{
		Schema: &groups.Schema{
			Fields: []groups.Field{{Name: "title", Type: groups.TypeText}, {Name: "points", Type: groups.TypeNumber}},
			Trees:  []groups.Tree{Branch},
		},
		Upsert: users,
		Trees: map[groups.Tree][]groups.Unit{Branch: {
			{ID: "emea"}, {ID: "fr", Parent: "emea"}, {ID: "paris", Parent: "fr"}, {ID: "us"},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// person is an active user with a username and an email address.
func person(id groups.UserID, username, email string) groups.User {
	return groups.User{ID: id, Activation: groups.Activated, Fields: map[string]groups.Value{
		"username": groups.Text(username), "email": groups.Text(email), "title": groups.Empty(), "points": groups.Number(float64(len(id))),
	}}
}

// with returns the user with a title.
func with(u groups.User, title string) groups.User {
	u.Fields = maps.Clone(u.Fields)
	u.Fields["title"] = groups.Text(title)
	return u
}

// save saves an active group: automatic where it has criteria.
func (w *tenant) save(t fataler, id groups.GroupID, criteria ...groups.Condition) groups.Group {
	t.Helper()
	g := groups.Group{ID: id, Name: string(id), Status: groups.Active}
	if len(criteria) > 0 {
		g.Kind, g.Criteria = groups.AutomaticGroup, groups.AnySets(groups.All(criteria...))
	}
	g, err := w.ev.Save(context.Background(), g, "root")
	if err == nil {
		_, err = w.ev.Process(context.Background(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// population is who is in, as "ada manual".
func (w *tenant) population(t fataler, id groups.GroupID) []string {
	t.Helper()
	out := []string{}
	for m, err := range w.ev.Population(context.Background(), id) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(m.User, " ", m.Method))
	}
	return out
}

// standing is what is stored about a user in a group.
func (w *tenant) standing(t fataler, g groups.GroupID, u groups.UserID) groups.Standing {
	t.Helper()
	for st, err := range w.store.StandingsOf(context.Background(), u) {
		if err != nil {
			t.Fatal(err)
		}
		if st.Group == g {
			return st
		}
	}
	return groups.Standing{}
}

// told is a report as text, a line an outcome.
func told(r *admin.Report) []string {
	out := []string{}
	for _, o := range r.Outcomes {
		s := fmt.Sprintf("%s: %s", strings.TrimSpace(o.Named), o.Code)
		if o.User != "" && string(o.User) != strings.TrimSpace(o.Named) {
			s += " " + string(o.User)
		}
		if len(o.Among) > 0 {
			s += fmt.Sprint(" ", o.Among)
		}
		if o.Code == admin.Done || o.Code == admin.Already || o.Code == admin.Refused {
			s += " " + o.Method.String()
		}
		if o.Change != nil {
			s += fmt.Sprintf(" (%v)", o.Change.Kind)
		}
		out = append(out, s)
	}
	return out
}

var errDead = errors.New("went dead")

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func sorted[T ~string](list []T) []T { return slices.Sorted(slices.Values(list)) }

// copy is a tenant with the same people, groups and decisions.
func (w *tenant) copy(t fataler) *tenant {
	t.Helper()
	ctx := context.Background()
	var users []groups.User
	for u, err := range w.store.Users(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		users = append(users, u)
	}
	c := newTenant(t, users...)
	c.now = w.now
	for g, err := range w.store.Groups(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		revision, state := g.Revision, g.State
		for g.Revision = 0; g.Revision < revision; g.Revision++ {
			if err := c.store.Apply(ctx, groups.Commit{Writes: []groups.Write{{Group: g.ID, Revision: g.Revision, Save: &g}}}); err != nil {
				t.Fatal(err)
			}
		}
		write := groups.Write{Group: g.ID, Revision: g.Revision, State: &state}
		for st, err := range w.store.Standings(ctx, g.ID, "") {
			if err != nil {
				t.Fatal(err)
			}
			write.Standings = append(write.Standings, st)
		}
		if err := c.store.Apply(ctx, groups.Commit{Writes: []groups.Write{write}}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}
