package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// An office is a desk of package admin over a store, with people who do not change.
type office struct {
	*admin.Desk
	desk
	ev  *groups.Evaluator
	now time.Time
	log []string
	// want is the log of the same work over a Memory; nil is that of this work.
	want []string
}

// head and tutor are the administrators of an office.
var head, tutor = admin.Administrator("head"), admin.Administrator("tutor")

const (
	title = groups.TextField("title")
	staff = groups.Tree("branch")
)

// openOffice opens an office over a store that is empty. More than three leaves from a group are held.
func openOffice(t TB, s groups.Store) *office {
	t.Helper()
	m := groups.NewMemory()
	people := users(typed[groups.UserID](numbered(12))...)
	for i := range people {
		people[i].Fields = map[string]groups.Value{
			"title": groups.Text([]string{"sales", "maths", "music"}[i%3]), "email": groups.Text(fmt.Sprintf("user%d@school.example", i)),
		}
		people[i].Units = map[groups.Tree][]string{staff: {[]string{"emea", "nl"}[i%2]}}
		people[i].Manager = groups.ReportsTo(people[i/4].ID)
	}
	write(t, m, groups.PeopleChange{
		Schema: &groups.Schema{Fields: []groups.Field{{Name: "title", Type: groups.TypeText}}, Trees: []groups.Tree{staff}}, Upsert: people,
		Trees: map[groups.Tree][]groups.Unit{staff: {{ID: "emea"}, {ID: "nl", Parent: "emea"}}},
	})
	o := &office{desk: desk{t, s}, now: noon.UTC()}
	guard := &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{MinCount: 1 << 30, MaxPercent: 100, MaxCount: 4, EmptyFrom: 1 << 30}}}
	o.ev = groups.NewEvaluator(m, s, &groups.Options{Now: func() time.Time { return o.now }, Guard: guard, Exclusions: true})
	o.Desk = admin.New(o.ev, m, s, nil)
	return o
}

// did writes down what came of an act, and lets an hour pass. A refusal is what it says to a program, and
// an instant is one in any zone: the words and the zone are each store's own.
func (o *office) did(what string, result any, err error) {
	o.t.Helper()
	if err != nil {
		result = refusalOf(err)
	}
	data, err := json.Marshal(result)
	if err != nil {
		o.t.Fatalf("%s: %v", what, err)
	}
	o.log = append(o.log, what+": "+instants.ReplaceAllStringFunc(string(data), func(s string) string {
		if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
		return s
	}))
	if step := len(o.log) - 1; o.want != nil && o.log[step] != o.want[step] {
		o.t.Fatalf("step %d of the work came to\n%s\nand over a Memory to\n%s", step+1, o.log[step], o.want[step])
	}
	o.now = o.now.Add(time.Hour)
}

var instants = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)

// saw writes down what was read.
func (o *office) saw(what string, result any) {
	o.t.Helper()
	o.did("reading "+what, result, nil)
}

func refusalOf(err error) any {
	var conflict *groups.ConflictError
	var cycle *groups.CycleError
	switch {
	case errors.As(err, &conflict):
		c := *conflict
		c.At = c.At.UTC()
		return []any{"refused", c}
	case errors.As(err, &cycle):
		return []any{"refused", cycle}
	}
	for _, what := range []error{groups.ErrNotFound, groups.ErrConflict, groups.ErrReferred, groups.ErrEligible, groups.ErrExcluded, admin.ErrDraft} {
		if errors.Is(err, what) {
			return []any{"refused", what.Error()}
		}
	}
	return []any{"failed", err.Error()}
}

// create creates an active group of those with a title.
func (o *office) create(id groups.GroupID, titles ...string) {
	o.t.Helper()
	g, _, err := o.Desk.Create(o.t.Context(), head, groups.Group{
		ID: id, Name: "Group " + string(id), Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(title.Is(titles...))),
	})
	o.did("create "+string(id), g.Revision, err)
}

// edit is a group with other criteria.
func (o *office) edit(id groups.GroupID, c groups.Condition) groups.Group {
	o.t.Helper()
	g := o.group(id)
	g.Criteria = groups.AnySets(groups.All(c))
	return g
}

// preview previews such a group.
func (o *office) preview(id groups.GroupID, c groups.Condition) *groups.Plan {
	o.t.Helper()
	p, err := o.ev.Preview(o.t.Context(), o.edit(id, c), nil)
	if err != nil {
		o.t.Fatalf("preview %q: %v", id, err)
	}
	o.saw("a preview", p.Diff)
	return p
}

// file is a list of users as it is uploaded.
func (o *office) file(text string) *admin.UserFile {
	o.t.Helper()
	f, err := admin.ReadUsersCSV(strings.NewReader(text), &admin.UsersCSV{Columns: admin.UserColumns{Email: admin.Column{Name: "email"}}})
	if err != nil {
		o.t.Fatalf("ReadUsersCSV: %v", err)
	}
	return f
}

// alike does the same work in an office over a Memory and in one over the store, and demands that it comes
// to the same, step by step, and that the same memberships are stored.
func alike(t TB, s groups.Store, work func(o *office)) {
	t.Helper()
	at := func(s groups.Store, log []string) *office {
		o := openOffice(t, s)
		o.want = log
		work(o)
		run, err := o.ev.Evaluate(t.Context())
		o.did("a look at everybody", run, err)
		return o
	}
	want := at(groups.NewMemory(), nil)
	got := at(s, want.log)
	if diff := difference(memberships(got.desk), memberships(want.desk)); diff != "" {
		t.Errorf("after the work at a desk, compared with a Memory: %s", diff)
	}
}

// memberships are what a store says of groups and users, but for its own cursors and what is made of them.
func memberships(d desk) picture {
	d.t.Helper()
	p := d.picture()
	p.Acts, p.ActsOf, p.Notes = nil, nil, nil
	for i := range p.Groups {
		p.Groups[i].State.Epoch = ""
	}
	for i := range p.Changes {
		p.Changes[i].Cursor, p.Changes[i].ID = "", ""
	}
	return p
}

// officeCases are what package admin makes of a store.
var officeCases = []Case{{
	Name: "groups are edited at a desk as over a Memory", Interface: "Store", Clause: 3,
	Why: "an administrator who is told that a group was saved finds it so, and nobody else's work gone",
	store: func(t TB, s groups.Store) {
		alike(t, s, func(o *office) {
			ctx := t.Context()
			o.create("sales", "sales")
			o.create("science", "maths")
			stale := o.group("sales")
			p := o.preview("sales", title.Is("sales", "music"))
			g, run, err := o.Save(ctx, head, p.Group, p.ID)
			o.did("save", []any{g.Revision, run}, err)
			_, _, err = o.Save(ctx, tutor, stale, "")
			o.did("save from before", nil, err)
			run, err = o.Publish(ctx, tutor, o.preview("sales", groups.MemberOfAny("science")))
			o.did("publish", run, err)
			_, _, err = o.Save(ctx, tutor, o.edit("science", groups.MemberOfAny("sales")), "")
			o.did("close a ring", nil, err)
			run, err = o.Delete(ctx, head, "science", 1)
			o.did("delete what another reads", run, err)
			g, err = o.Freeze(ctx, head, "science", 1)
			o.did("freeze", g.Revision, err)
			run, err = o.Inactivate(ctx, head, "sales", 3)
			o.did("inactivate", run, err)
			run, err = o.Transfer(ctx, head, "sales", 4, "tutor")
			o.did("transfer", run, err)
			run, err = o.Activate(ctx, tutor, "sales", 4)
			o.did("activate from before", run, err)
			g, run, err = o.Duplicate(ctx, tutor, "sales", groups.Group{ID: "again", Name: "Again"}, admin.Duplication{Users: true, Conditions: true})
			o.did("duplicate", []any{g.Revision, run}, err)
			run, err = o.ev.Process(ctx)
			o.did("process", run, err)
		})
	},
}, {
	Name: "lists of users are put in and taken out at a desk as over a Memory", Interface: "Store", Clause: 7,
	Why: "who was uploaded by hand stays, whatever the rule says, until somebody takes them out",
	store: func(t TB, s groups.Store) {
		alike(t, s, func(o *office) {
			ctx := t.Context()
			o.create("sales", "sales")
			o.create("music", "music")
			report := func(what string) func(*admin.Report, error) {
				return func(r *admin.Report, err error) {
					if err != nil {
						o.did(what, nil, err)
						return
					}
					var lines []string
					for _, one := range r.Outcomes {
						lines = append(lines, one.String())
					}
					o.did(what, lines, nil)
				}
			}
			report("upload")(o.Assign(ctx, head, "sales", o.file("email\nuser1@school.example\nuser3@school.example\nnobody@school.example\nuser1@school.example\n"), admin.Terms{Why: "on the list", Until: noon.AddDate(0, 0, 2)}))
			o.saw("standings", o.standings("sales"))
			report("assign a group")(o.Assign(ctx, tutor, "music", admin.InGroup("sales"), admin.Terms{}))
			report("assign a unit")(o.Assign(ctx, head, "sales", admin.InUnit{Tree: staff, Unit: "nl"}, admin.Terms{}))
			report("switch to manual")(o.SwitchToManual(ctx, head, "music", admin.Users("u000002", "u000005", "u000007"), admin.Terms{}))
			report("remove manual")(o.RemoveManual(ctx, tutor, "music", admin.Users("u000002", "u000000", "u000010")))
			report("take out")(o.TakeOut(ctx, head, "sales", admin.Users("u000000", "u000001", "u000003", "u000004")))
			blocks, err := o.Blocks(ctx, head, "music", 3)
			o.did("blocks", blocks, err)
			run, err := o.ev.Exclude(ctx, "music", groups.Decision{By: "head", Why: "left", Replace: true}, "u000002", "u000003")
			o.did("exclude", run, err)
			o.now = o.now.AddDate(0, 0, 3)
			run, err = o.ev.Changed(ctx, groups.Touched{})
			o.did("time passes", run, err)
			o.saw("standings", o.standingsOf("u000003"))
		})
	},
}, {
	Name: "drafts, versions and held plans serve a desk as over a Memory", Interface: "Store", Clause: 15, Needs: []Category{Notes},
	Why: "what is published or approved is what was kept and shown, and of two editors the second is told of the first",
	store: func(t TB, s groups.Store) {
		alike(t, s, func(o *office) {
			ctx := t.Context()
			o.create("sales", "sales")
			edit := o.group("sales")
			edit.Criteria = groups.AnySets(groups.All(title.IsNot("sales")), groups.All(staff.Is("nl")))
			first, err := o.SaveDraft(ctx, head, admin.Draft{Group: edit})
			o.did("draft", first, err)
			edit.Name = "Sales force"
			second, err := o.SaveDraft(ctx, tutor, admin.Draft{Group: edit})
			o.did("another draft", second, err)
			first, err = o.SaveDraft(ctx, tutor, first)
			o.did("draft again", first, err)
			old := first
			old.Revision--
			_, err = o.SaveDraft(ctx, head, old)
			o.did("draft from before", nil, err)
			drafts, err := o.Drafts(ctx, "")
			o.did("drafts", drafts, err)
			run, err := o.PublishDraft(ctx, head, first, o.preview("sales", groups.Everyone{}))
			o.did("publish another edit", run, err)
			p, err := o.ev.Preview(ctx, first.Group, nil)
			o.did("preview", p, err)
			run, err = o.PublishDraft(ctx, head, first, p)
			o.did("publish", run, err)
			second, err = o.RebaseDraft(ctx, tutor, second)
			o.did("rebase", second, err)
			o.did("discard", nil, o.DiscardDraft(ctx, head, second))
			for i := range 12 {
				run, err = o.Publish(ctx, head, o.preview("sales", title.Is("sales", fmt.Sprint("title ", i))))
				o.did("publish once more", run, err)
			}
			versions, err := o.Versions(ctx, "sales")
			o.did("versions", versions, err)
			p, err = o.Restore(ctx, tutor, "sales", versions[len(versions)-1].Revision)
			o.did("restore", p, err)
			run, err = o.Publish(ctx, tutor, p)
			o.did("publish what is restored", run, err)

			o.create("all", "sales", "maths", "music")
			_, err = o.ev.Save(ctx, o.edit("all", title.Is("maths")), "host")
			o.did("save without a preview", nil, err)
			run, err = o.ev.Process(ctx)
			o.did("process", run, err)
			held, err := o.ev.Held(ctx)
			o.did("held", held, err)
			run, err = o.ev.Approve(ctx, held[0], "head")
			o.did("approve", run, err)
			run, err = o.Delete(ctx, head, "all", o.group("all").Revision)
			o.did("delete", run, err)
			for _, kind := range noteKinds {
				for _, n := range o.notes(kind, "") {
					o.saw("a note", []any{n.Kind, n.Group, n.Key, n.Revision, n.By, n.At, string(n.Data)})
				}
			}
		})
	},
}, {
	Name: "what is done at a desk is in the audit as over a Memory", Interface: "Store", Clause: 16, Needs: []Category{Acts},
	Why: "of a group that was deleted and created anew the history goes on, and an edit of the old one does not reach it",
	store: func(t TB, s groups.Store) {
		alike(t, s, func(o *office) {
			ctx := t.Context()
			o.create("sales", "sales")
			old := o.group("sales")
			r, err := o.Assign(ctx, head, "sales", admin.Users("u000001"), admin.Terms{Why: "asked for it"})
			o.did("assign", r.Run, err)
			run, err := o.Publish(ctx, tutor, o.preview("sales", staff.IsOrBelow("nl")))
			o.did("publish", run, err)
			run, err = o.Delete(ctx, head, "sales", 2)
			o.did("delete", run, err)
			o.create("sales", "music")
			_, _, err = o.Save(ctx, tutor, old, "")
			o.did("save of the old one", nil, err)
			g := o.group("sales")
			o.saw("the new one", g.Revision)
			for _, id := range []groups.GroupID{"", "sales"} {
				o.saw("the audit", withoutPlaces(o.acts(id, "")))
			}
		})
	},
}, {
	Name: "who is forgotten by an evaluator is gone as from a Memory", Interface: "Store", Clause: 10, Needs: []Category{Forgetting},
	Why: "who asked to be erased is, and the groups they were in are what they were for everybody else",
	store: func(t TB, s groups.Store) {
		alike(t, s, func(o *office) {
			ctx := t.Context()
			o.create("sales", "sales")
			o.create("others", "maths", "music")
			_, err := o.Assign(ctx, head, "others", admin.Users("u000000", "u000003"), admin.Terms{Why: "asked for it"})
			o.did("assign", nil, err)
			o.did("forget", nil, o.ev.Forget(ctx, "u000000", "head"))
			o.saw("the standings of who was forgotten", o.standingsOf("u000000"))
			o.saw("how many are left", o.group("others").State.Members)
			o.did("forget nobody", nil, o.ev.Forget(ctx, "never heard of", "head"))
			run, err := o.ev.Process(ctx)
			o.did("process", run, err)
		})
	},
}}
