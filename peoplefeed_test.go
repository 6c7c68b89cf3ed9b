package groups_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups"
)

func TestWhatAFeedIsMeasuredBy(t *testing.T) {
	const stored = "key,a,level,size,boss,unit,status\n" +
		"u1,Sales,1,S,u9,x,on\nu2,it,2,M,u9,x,on\nu3,it,3,L,,y|z,off\nu4,hr,4,,u9,,on\n"
	o := groups.PeopleCSV{
		Key: "key", Manager: "boss", Missing: groups.DeactivateMissing, Status: &groups.StatusColumn{Column: "status", Deactivated: []string{"off"}},
		Units: []groups.UnitColumn{{Tree: "org", Column: "unit", Separator: "|"}}, Fields: []groups.CSVField{fieldOf("level", groups.TypeNumber)},
	}
	reading := func(w tenant) {
		for id, c := range map[groups.GroupID]groups.Condition{
			"a": groups.TextField("a").Is("it"), "level": groups.NumberField("level").AtLeast(2), "size": groups.TextField("size").Is("S"),
			"line": groups.UserBelow("u9"), "unit": groups.Tree("org").Is("x"),
		} {
			w.automatic(t, id, groups.AnySets(groups.All(c)), groups.Keep)
		}
	}
	figure := func(column string, had, have, blanked, changed, unseen int, ids ...groups.GroupID) groups.FeedFigure {
		return groups.FeedFigure{Column: column, Had: had, Have: have, Blanked: blanked, Changed: changed, Unseen: unseen, Groups: ids}
	}
	for _, c := range []struct {
		name, file string
		fields     []groups.CSVField
		want       groups.Feed
		why        string
	}{
		{
			"everything at once",
			"key,a,level,size,boss,unit,status\nu1,SALES,7,S,u8,y,off\nu2,law,x,M,,z|y,\nu5,new,5,M,u1,new,on\n", o.Fields,
			groups.Feed{
				Met: 2, Known: 3, Missing: 1, Active: 3, Deactivated: 1, Compared: 2, Replaced: 2,
				Figures: []groups.FeedFigure{
					figure("a", 2, 2, 0, 2, 1, "a"), figure("level", 2, 1, 1, 1, 0, "level"), figure("size", 2, 2, 0, 0, 0, "size"),
					figure("boss", 2, 1, 1, 1, 1, "line"), figure("unit", 2, 2, 0, 2, 0, "unit"), figure("status", 2, 1, 1, 1, 0),
				},
			},
			"case is no new department; an unreadable number is no value; new users count nowhere; who was off is not missed",
		},
		{
			"what was empty and is filled", "key,size\nu4,XXL\n", nil,
			groups.Feed{Met: 1, Known: 3, Missing: 2, Active: 3, Figures: []groups.FeedFigure{figure("size", 0, 1, 0, 0, 0, "size")}},
			"nobody lost anything",
		},
		{
			"another type", "key,size\nu1,S\nu2,S\nu3,\nu4,\n", []groups.CSVField{fieldOf("size", groups.TypeChoice)},
			groups.Feed{Met: 4, Known: 4, Active: 3, Figures: []groups.FeedFigure{figure("size", 3, 2, 1, 1, 0, "size")}},
			"u1's S is the same word as an option, and u2's is one that was seen",
		},
		{
			"a narrow file", "key,a,level,size,status\nu1,law,9,M,off\n", o.Fields,
			groups.Feed{Met: 1, Known: 3, Missing: 2, Active: 3, Figures: []groups.FeedFigure{
				figure("a", 1, 1, 0, 1, 1, "a"), figure("level", 1, 1, 0, 1, 0, "level"), figure("size", 1, 1, 0, 1, 0, "size"), figure("status", 1, 1, 0, 1, 0),
			}},
			"with four values nobody is compared as a whole",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTenant(t)
			w.load(t, stored, o)
			reading(w)
			next := o
			if next.Fields = c.fields; !strings.Contains(c.file, "boss") {
				next.Manager, next.Units, next.Status = "", nil, nil
			}
			if diff := cmp.Diff(c.want, w.plan(t, c.file, next).Feed); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
	t.Run("codes", func(t *testing.T) {
		w := newTenant(t)
		code := groups.CSVField{Field: groups.Field{Name: "code", Type: groups.TypeText, Exact: true}}
		w.load(t, "key,code\nu1,ab\n", groups.PeopleCSV{Key: "key", Fields: []groups.CSVField{code}})
		w.automatic(t, "code", groups.AnySets(groups.All(groups.TextField("code").Is("ab"))), groups.Keep)
		if diff := cmp.Diff([]groups.FeedFigure{figure("code", 1, 1, 0, 1, 1, "code")}, w.plan(t, "key,code\nu1,AB\n", groups.PeopleCSV{Key: "key"}).Feed.Figures); diff != "" {
			t.Errorf("case makes another code, declared again or not (-want +got):\n%s", diff)
		}
	})
	t.Run("what no group reads", func(t *testing.T) {
		w := newTenant(t).with(strict())
		w.load(t, "key,a\nu1,x\n", groups.PeopleCSV{Key: "key"})
		if p := w.plan(t, "key,a\nu1,y\n", groups.PeopleCSV{Key: "key"}); len(p.Objections) > 0 || p.Feed.Figures[0].Changed != 1 {
			t.Errorf("%+v: it moves nobody", p.Feed)
		}
	})
	t.Run("more new values than are told apart", func(t *testing.T) {
		w := newTenant(t)
		old, next := strings.Builder{}, strings.Builder{}
		old.WriteString("key,mail\n")
		next.WriteString("key,mail\n")
		for i := range 10_001 {
			fmt.Fprintf(&old, "u%05d,same\n", i)
			fmt.Fprintf(&next, "u%05d,%d\n", i, i)
		}
		o := groups.PeopleCSV{Key: "key"}
		w.load(t, old.String(), o)
		w.automatic(t, "mail", groups.AnySets(groups.All(groups.TextField("mail").Is("same"))), groups.Keep)
		if f := w.plan(t, next.String(), o).Feed.Figures[0]; !f.Untracked || f.Unseen != 10_001 {
			t.Errorf("%+v", f)
		}
	})
	t.Run("more values than are told apart", func(t *testing.T) {
		w := newTenant(t)
		old, next := strings.Builder{}, strings.Builder{}
		old.WriteString("key,mail\n")
		next.WriteString("key,mail\n")
		for i := range 10_001 {
			fmt.Fprintf(&old, "u%05d,%d@old\n", i, i)
			fmt.Fprintf(&next, "u%05d,%d@old\n", i, i/2) // all but the first are another's
		}
		o := groups.PeopleCSV{Key: "key"}
		w.load(t, old.String(), o)
		w.automatic(t, "mail", groups.AnySets(groups.All(groups.TextField("mail").EndsWith("old"))), groups.Keep)
		want := groups.FeedFigure{Column: "mail", Had: 10_001, Have: 10_001, Changed: 10_000, Unseen: 10_000, Untracked: true, Groups: []groups.GroupID{"mail"}}
		if diff := cmp.Diff(want, w.plan(t, next.String(), o).Feed.Figures[0]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("trees and enrollments", func(t *testing.T) {
		w := newTenant(t)
		o := groups.PeopleCSV{Key: "key"}
		trees := func(units ...groups.Unit) func(*groups.PeopleFile) {
			return func(f *groups.PeopleFile) { f.Trees = map[groups.Tree][]groups.Unit{"org": units} }
		}
		const people = "key\nu1\nu2\nu3\nu4\n"
		w.load(t, people, o, trees(groups.Unit{ID: "a"}, groups.Unit{ID: "b", Parent: "a"}, groups.Unit{ID: "c", Parent: "a"}, groups.Unit{ID: "d", Name: "D"}),
			enrolled(t, "user,course,status,completed\nu1,c,open,\nu1,d,open,\nu2,c,open,\nu3,c,open,\n", records))
		w = w.with(strict())
		p := w.plan(t, people, o, trees(groups.Unit{ID: "a"}, groups.Unit{ID: "c", Parent: "d"}, groups.Unit{ID: "d", Name: "E"}, groups.Unit{ID: "e"}),
			enrolled(t, "user,course,status,completed\nu1,c,open,\nu1,x,open,\nu2,c,done,\nu4,c,open,\n", records))
		want := []groups.FeedFigure{{Tree: "org", Had: 4, Have: 4, Blanked: 1, Changed: 1}, {Had: 3, Have: 3, Blanked: 2, Changed: 1}}
		if diff := cmp.Diff(want, p.Feed.Figures); diff != "" {
			t.Errorf("a name is no move, and a record in another course does not make up for one lost (-want +got):\n%s", diff)
		}
		said := []string{
			`tree "org": 1 of 4 units would be gone (25 %); no group reads it`,
			`tree "org": 1 of 4 units would have another parent (25 %); no group reads it`,
			`enrollments: 2 of 3 enrolled users would lose a record, or its status or completion (66 %); no group reads it`,
		}
		if diff := cmp.Diff(said, texts(p.Objections)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		p = w.plan(t, people, o, enrolled(t, "user,course,status,completed\nu1,c,open,\nu1\nu2,\xff,open,\nu3,c,open,\n", records))
		if f := p.Feed.Figures[0]; f.Blanked > 0 {
			t.Errorf("%+v: a list that is known in part loses nothing", f)
		}
		p = w.plan(t, "key\nu2\n", o, enrolled(t, "user,course,status,completed\nu1,c,open,\n", records))
		if diff := cmp.Diff([]groups.FeedFigure{{Had: 2, Have: 1, Blanked: 2}}, p.Feed.Figures); diff != "" {
			t.Errorf("u1 is in one of the files and u2 in the other; of u3 nothing is said (-want +got):\n%s", diff)
		}
		w.with(nil).load(t, people, o, enrolled(t, "user,course,status,completed\nu1,c,open,2026-01-02\nu2,c,open,2026-01-02\nu3,c,open,2026-01-02\n", records))
		p = w.plan(t, people, o, enrolled(t, "user,course,status,completed\nu1,c,open,\nu2,c,,2026-01-02\nu3,c,done,2026-01-03\n", records))
		if diff := cmp.Diff([]groups.FeedFigure{{Had: 3, Have: 3, Blanked: 2, Changed: 1}}, p.Feed.Figures); diff != "" {
			t.Errorf("a completion or a status that is gone is lost, another is a change (-want +got):\n%s", diff)
		}
	})
}

func TestTheFiguresOfAFeed(tt *testing.T) {
	rapid.Check(tt, func(t *rapid.T) {
		w, _ := started(tt, t)
		w = w.with(guards(t))
		missing, next := anyMissing(t), feeds(t, "next")
		p := next.plan(t, w, missing)
		other := feed{shuffled(t, next.people), shuffled(t, next.enrollments)}.plan(t, w, missing)
		if diff := cmp.Diff([]any{p.Feed, p.Objections}, []any{other.Feed, other.Objections}); diff != "" {
			t.Fatalf("the order of the rows matters:\n%s", diff)
		}
		f := p.Feed
		if f.Missing > f.Known || f.Deactivated > f.Active || f.Replaced > f.Compared || f.Compared > f.Met {
			t.Fatalf("a part larger than the whole: %+v", f)
		}
		for _, c := range f.Figures {
			if c.Unseen > c.Changed || c.Blanked+c.Changed > c.Had || c.Column != "" && max(c.Had, c.Have) > f.Met {
				t.Fatalf("a part larger than the whole: %+v", c)
			}
		}
		if _, err := w.ev.ImportDespite(t.Context(), p, "ann", ""); err != nil {
			t.Fatal(err)
		}
		again := next.plan(t, w, missing)
		for _, c := range again.Feed.Figures {
			if c.Blanked+c.Changed+c.Unseen > 0 || c.Had != c.Have {
				t.Fatalf("the same file again differs: %+v", c)
			}
		}
		if len(again.Objections) > 0 || again.Feed.Deactivated+again.Feed.Replaced > 0 || missing != groups.KeepMissing && again.Feed.Missing > 0 {
			t.Fatalf("the same file again is suspicious: %+v", again.Feed)
		}
	})
}
