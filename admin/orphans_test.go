package admin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/internal/law/fault"
)

func ExampleDesk_Orphans() {
	ctx := context.Background()
	o := open(&admin.Policy{Organizational: []groups.GroupID{"north", "south"}}, nil).
		people(user("u1", "Anna Smith"), user("u2", "Bob Baker"), user("u3", "Cleo Cole")).
		manual("north", "u1").manual("south", "u1").manual("readers", "u2")

	for p, err := range o.desk.Orphans(ctx, admin.Administrator("admin")) {
		check(err)
		fmt.Println(p)
	}
	// Output:
	// Bob Baker, u2
	// Cleo Cole, u3
}

func TestOrphansAreThoseInNoOrganizationalGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		organizational := []groups.GroupID{"a", "b", "missing"}
		o := open(&admin.Policy{Organizational: organizational}, nil)
		in := map[groups.GroupID][]groups.UserID{}
		var want, visible []groups.UserID
		for i := range rapid.IntRange(0, 12).Draw(t, "users") {
			id := groups.UserID(fmt.Sprint("u", i))
			if rapid.Bool().Draw(t, "in the directory") {
				o.people(user(id, "N"))
			}
			placed := false
			for _, g := range []groups.GroupID{"a", "b", "c"} {
				if rapid.Bool().Draw(t, "in "+string(g)) {
					in[g] = append(in[g], id)
					placed = placed || g != "c"
				}
			}
			seen := rapid.Bool().Draw(t, "visible")
			if seen {
				visible = append(visible, id)
			}
			if _, err := o.User(context.Background(), id); err == nil && !placed && seen {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		for _, g := range []groups.GroupID{"a", "b", "c"} {
			o.manual(g, in[g]...)
		}
		var got []groups.UserID
		for p, err := range o.desk.Orphans(context.Background(), only(visible...)) {
			check(err)
			got = append(got, p.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestOrphans(t *testing.T) {
	o := open(nil, nil).people(user("u1", "A"))
	if got := collect(t, o.desk.Orphans(t.Context(), all)); got != nil {
		t.Errorf("a tenant that demands no group reports %v", got)
	}
	p := &admin.Policy{Organizational: []groups.GroupID{"g"}}
	o = open(p, nil).people(user("u1", "A"), user("u2", "B")).manual("g", "u1")
	g, err := o.Group(t.Context(), "g")
	check(err)
	g.Status = groups.Inactive
	_, err = o.ev.Save(t.Context(), g, "admin")
	check(err)
	if got := collect(t, o.desk.Orphans(t.Context(), all)); len(got) != 1 {
		t.Errorf("memberships count as they were last written, not as %v", got)
	}
	_, err = o.ev.Process(t.Context())
	check(err)
	if got := collect(t, o.desk.Orphans(t.Context(), all)); len(got) != 2 {
		t.Errorf("an inactive group has members: all but %v", got)
	}
	for range o.desk.Orphans(t.Context(), all) {
		break // must not hang or panic
	}
	dead := admin.New(o.ev, fault.Failing(o, fault.Short, 2), o, p)
	var last error
	for _, err := range dead.Orphans(t.Context(), all) {
		last = err
	}
	if !errors.Is(last, fault.ErrSource) {
		t.Errorf("half the directory passed for all: %v", last)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range o.desk.Orphans(ctx, all) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a cancelled reading ended with %v", last)
	}
}

func TestWhoeverIsTakenOutOfTheLastOrganizationalGroupIsTold(t *testing.T) {
	o := open(&admin.Policy{Organizational: []groups.GroupID{"a", "b"}}, nil).
		people(user("both", ""), user("last", ""), user("none", ""), user("other", "")).
		manual("a", "both", "last").manual("b", "both", "other").manual("c", "both", "last", "none", "other")
	everybody := []groups.UserID{"other", "none", "last", "both"}
	for _, row := range []struct {
		why   string
		group groups.GroupID
		users []groups.UserID
		want  []groups.UserID
	}{
		{"who is in another organizational group stays in one; who was in none does not leave one", "a", everybody, []groups.UserID{"last"}},
		{"the same of the other group", "b", everybody, []groups.UserID{"other"}},
		{"a group that is not organizational may be left", "c", everybody, nil},
		{"a group that does not exist has nobody to lose", "none", everybody, nil},
		{"nobody at all", "a", nil, nil},
	} {
		got, err := admin.KeepsGroup(o.desk, t.Context(), row.group, row.users...)
		if diff := cmp.Diff(row.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", row.why, err, diff)
		}
	}
}

func TestWhoWouldBeInNoOrganizationalGroupIsRefused(t *testing.T) {
	ctx := t.Context()
	w := staffed(t)
	w.save(t, "offices")
	w.save(t, "home")
	w.Desk = admin.New(w.ev, w.store, w.store, &admin.Policy{Organizational: []groups.GroupID{"offices", "home"}})
	must[*admin.Report](t)(w.Assign(ctx, root, "offices", admin.Users("out", "hand"), admin.Terms{}))
	must[*admin.Report](t)(w.Assign(ctx, root, "home", admin.Users("hand"), admin.Terms{}))
	for name, act := range map[string]func(group groups.GroupID) (*admin.Report, error){
		"take out": func(g groups.GroupID) (*admin.Report, error) { return w.TakeOut(ctx, root, g, admin.Users("out")) },
		"remove":   func(g groups.GroupID) (*admin.Report, error) { return w.RemoveManual(ctx, root, g, admin.Users("out")) },
	} {
		r := must[*admin.Report](t)(act("offices"))
		if o := r.Outcomes[0]; o.Code != admin.Refused || !errors.Is(o.Err, admin.ErrLastGroup) ||
			o.Text != `user "out": in no organizational group other than "offices"` {
			t.Errorf("%s: %v", name, o)
		}
	}
	// Who is in another of them may leave, and the one who may not keeps nobody else.
	r := must[*admin.Report](t)(w.TakeOut(ctx, root, "offices", admin.Users("out", "hand")))
	if r.Outcomes[0].Code != admin.Refused || r.Outcomes[1].Code != admin.Done {
		t.Errorf("%v", r.Outcomes)
	}
	r = must[*admin.Report](t)(w.TakeOut(ctx, root, "home", admin.Users("hand")))
	if !errors.Is(r.Outcomes[0].Err, admin.ErrLastGroup) {
		t.Errorf("%v", r.Outcomes)
	}
	// Nor is a group deleted or turned off from under them.
	off := w.group(t, "offices")
	off.Status = groups.Inactive
	p := must[*groups.Plan](t)(w.ev.Preview(ctx, off, nil))
	acts := map[string]func() error{
		"delete":        func() error { _, err := w.Delete(ctx, root, "offices", 1); return err },
		"inactivate":    func() error { _, err := w.Inactivate(ctx, root, "offices", 1); return err },
		"save inactive": func() error { _, _, err := w.Save(ctx, root, off, ""); return err },
		"publish":       func() error { _, err := w.Publish(ctx, root, p); return err },
	}
	before := w.everything(t)
	for name, act := range acts {
		if err := act(); !errors.Is(err, admin.ErrLastGroup) || !strings.Contains(err.Error(), "1 of its members") {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "refused", w.everything(t), before)
	must[*admin.Report](t)(w.Assign(ctx, root, "home", admin.Users("out"), admin.Terms{}))
	if err := acts["inactivate"](); err != nil {
		t.Errorf("everybody is at home as well: %v", err)
	}
	must[*groups.Run](t)(w.Delete(ctx, root, "offices", 2))
}
