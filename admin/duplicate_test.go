package admin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
	"github.com/grouprules/groups/internal/law/fault"
)

func TestDuplicatesHaveWhatTheCallerSaysAndNoAutomaticMembers(t *testing.T) {
	ctx := t.Context()
	end := noon.Add(24 * time.Hour)
	for _, c := range []struct {
		name   string
		source groups.GroupID
		what   admin.Duplication
		want   []string
		rule   bool
	}{
		{"a manual group with its users", "club", admin.Duplication{Users: true}, []string{"ada manual", "cid manual"}, false},
		{"a manual group without", "club", admin.Duplication{}, []string{}, false},
		{"an automatic group with all", "maths", admin.Duplication{Users: true, Conditions: true}, []string{"ada automatic", "bob manual", "cid manual"}, true},
		{"an automatic group with its conditions: the rule repopulates", "maths", admin.Duplication{Conditions: true}, []string{"ada automatic", "bob automatic"}, true},
		{"an automatic group with the users put in by hand", "maths", admin.Duplication{Users: true}, []string{"bob manual", "cid manual"}, false},
		{"an automatic group with nothing", "maths", admin.Duplication{}, []string{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := faculty(t, nil)
			w.save(t, "club")
			for _, a := range []struct {
				group groups.GroupID
				user  groups.UserID
				until time.Time
			}{{"club", "ada", time.Time{}}, {"club", "cid", end}, {"maths", "bob", time.Time{}}, {"maths", "cid", end}} {
				must[*groups.Run](t)(w.ev.Assign(ctx, a.group, groups.Decision{By: "tutor", Until: a.until}, a.user))
			}
			before := w.population(t, c.source)
			g, _, err := w.Duplicate(ctx, admin.Administrator("dean"), c.source, groups.Group{ID: "copy", Name: "Copy"}, c.what)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "population", w.population(t, "copy"), c.want)
			same(t, "the source", w.population(t, c.source), before)
			same(t, "definition", []any{g.Status, g.Owner, g.Kind, len(g.Criteria.Sets) > 0}, []any{groups.Inactive, "dean", w.group(t, c.source).Kind, c.rule})
			if st := w.standing(t, "copy", "cid"); c.what.Users && (st.Assignment.By != "dean" || st.Assignment.Source != "group:"+string(c.source) || !st.Assignment.Until.Equal(end)) {
				t.Errorf("%+v", st.Assignment)
			}
		})
	}
	w := faculty(t, nil)
	before := w.everything(t)
	if _, _, err := w.Duplicate(ctx, root, "maths", groups.Group{ID: "maths", Name: "Again"}, admin.Duplication{Users: true}); !errors.Is(err, groups.ErrConflict) {
		t.Errorf("a duplicate under the same ID: %v", err)
	}
	same(t, "nothing", w.everything(t), before)
}

func TestACopyIsBeneathTheParentOnlyWhereTheActorSeesIt(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	w.save(t, "board")
	maths := w.group(t, "maths")
	maths.Parent = "board"
	_, _, err := w.Save(ctx, root, maths, "")
	check(err)
	sighted := north()
	sighted.Sees.Groups = []groups.GroupID{"board"}
	for i, c := range []struct {
		actor admin.Actor
		want  groups.GroupID
	}{{root, "board"}, {sighted, "board"}, {north(), ""}} {
		g, _, err := w.Duplicate(ctx, c.actor, "maths", groups.Group{ID: groups.GroupID(fmt.Sprint("copy", i)), Name: "Copy"}, admin.Duplication{Conditions: true})
		check(err)
		same(t, c.actor.By, g.Parent, c.want)
	}
}

func TestACopyOfAFrozenGroupFollowsItsRule(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	must[groups.Group](t)(w.Freeze(ctx, root, "maths", 1))
	g, _, err := w.Duplicate(ctx, root, "maths", groups.Group{ID: "copy", Name: "Copy"}, admin.Duplication{Conditions: true})
	check(err)
	same(t, "frozen", g.Frozen, false)
	same(t, "the rule repopulates", w.population(t, "copy"), []string{"ada automatic", "bob automatic"})
}

func TestTheUsersCopiedAreThoseWhomTheActorSees(t *testing.T) {
	ctx := t.Context()
	w := newTenant(t, person("ada", "", ""), person("nan", "", ""))
	w.save(t, "club")
	must[*groups.Run](t)(w.ev.Assign(ctx, "club", groups.Decision{By: "tutor"}, "ada", "nan", "gone"))
	for i, c := range []struct {
		actor admin.Actor
		want  []groups.UserID
	}{{root, []groups.UserID{"ada", "gone", "nan"}}, {north(), []groups.UserID{"nan"}}} {
		id := groups.GroupID(fmt.Sprint("copy", i))
		_, _, err := w.Duplicate(ctx, c.actor, "club", groups.Group{ID: id, Name: "Copy"}, admin.Duplication{Users: true})
		check(err)
		var got []groups.UserID
		for st, err := range w.store.Standings(ctx, id, "") {
			check(err)
			got = append(got, st.User)
		}
		same(t, c.actor.By, got, c.want)
	}
}

func TestWhereNotAllCanBeCopiedThereIsNoCopy(t *testing.T) {
	ctx := t.Context()
	w := faculty(t, nil)
	must[*groups.Run](t)(w.ev.Assign(ctx, "maths", groups.Decision{By: "tutor"}, "cid"))
	for n := range 4 {
		dead := fault.Failing(w.store, fault.Before, n+1)
		desk := admin.New(groups.NewEvaluator(dead, w.store, &groups.Options{Now: func() time.Time { return noon }}), dead, w.store, nil)
		_, _, err := desk.Duplicate(ctx, root, "maths", groups.Group{ID: "copy", Name: "Copy"}, admin.Duplication{Users: true, Conditions: true})
		if !errors.Is(err, fault.ErrSource) {
			t.Errorf("at reading %d: %v", n+1, err)
		}
		if _, err := w.store.Group(ctx, "copy"); !errors.Is(err, groups.ErrNotFound) {
			t.Errorf("at reading %d: half a copy: %v", n+1, err)
		}
	}
}
