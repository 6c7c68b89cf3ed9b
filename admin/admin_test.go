package admin_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// office is a directory, a store and the desk over both.
type office struct {
	*groups.Memory
	ev   *groups.Evaluator
	desk *admin.Desk
}

func newYear() time.Time { return time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC) }

// open opens the desk over a Memory; hidden, if any, stands before the directory.
func open(p *admin.Policy, before func(groups.Directory) groups.Directory) office {
	m := groups.NewMemory()
	dir := groups.Directory(m)
	if before != nil {
		dir = before(m)
	}
	ev := groups.NewEvaluator(dir, m, &groups.Options{Now: newYear})
	return office{m, ev, admin.New(ev, dir, m, p)}
}

// people writes users.
func (o office) people(users ...groups.User) office {
	check(o.Write(context.Background(), groups.PeopleChange{Upsert: users}))
	return o
}

// manual saves an active manual group and puts users in.
func (o office) manual(id groups.GroupID, users ...groups.UserID) office {
	ctx := context.Background()
	_, err := o.ev.Save(ctx, groups.Group{ID: id, Name: string(id), Status: groups.Active}, "admin")
	check(err)
	_, err = o.ev.Assign(ctx, id, groups.Decision{By: "admin"}, users...)
	check(err)
	_, err = o.ev.Process(ctx)
	check(err)
	return o
}

// automatic saves an active automatic group and processes it.
func (o office) automatic(id groups.GroupID, c groups.Criteria) office {
	ctx := context.Background()
	_, err := o.ev.Save(ctx, groups.Group{ID: id, Name: string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: c}, "admin")
	check(err)
	_, err = o.ev.Process(ctx)
	check(err)
	return o
}

func (o office) group(t *testing.T, id groups.GroupID) groups.Group {
	t.Helper()
	g, err := o.Group(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func user(id groups.UserID, name string) groups.User {
	u := groups.User{ID: id, Activation: groups.Activated, Expiry: groups.Current, Manager: groups.ReportsTo("")}
	if name != "" {
		u.Fields = map[string]groups.Value{"name": groups.Text(name)}
	}
	return u
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) (all []T) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

var all = admin.Administrator("admin")

// only is an actor who sees those users.
func only(ids ...groups.UserID) admin.Actor {
	return admin.Actor{By: "power user", Scope: func(u *groups.User) groups.Verdict {
		for _, id := range ids {
			if u.ID == id {
				return groups.Yes
			}
		}
		return groups.No
	}}
}

// without hides what a directory can do beyond the four methods.
func without(d groups.Directory) groups.Directory { return struct{ groups.Directory }{d} }

var errDied = errors.New("went dead")
