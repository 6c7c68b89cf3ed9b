package groups_test

import (
	"strings"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// Whom a rule lets go need not have changed themselves: what it says of them may hang on others, on
// other groups or on the date.
func TestEveryHeldLeaveOfAnImportHasACause(t *testing.T) {
	const file = "key,boss,city,hired\nann,,Rome,2025-06-01\nbob,ann,Rome,2026-02-20\ncid,bob,Oslo,2026-02-20\n"
	o := groups.PeopleCSV{Key: "key", Manager: "boss", Fields: []groups.CSVField{fieldOf("hired", groups.TypeDate)}}
	for _, c := range []struct {
		why, file string
		days      int
		condition groups.Condition
		want      string
	}{
		{"the manager above theirs has another", strings.Replace(file, "bob,ann", "bob,", 1), 0, groups.UserBelow("ann"),
			"2 because it is not so that reports to ann, directly or not"},
		{"who reported to them reports to another", strings.Replace(file, "cid,bob", "cid,ann", 1), 0, groups.HasReports(),
			"1 because it is not so that has reports"},
		{"they came into a group that the rule rules out", strings.Replace(file, "Oslo", "Rome", 1), 0, groups.MemberOfAny("romans").Not(),
			"1 because it is not so that " + groups.MemberOfAny("romans").Not().String()},
		{"the day came", file, 90, groups.DateField("hired").InLast(30, groups.Days),
			"2 because it is not so that hired in the last 30 days (people with no hired left out)"},
		{"they changed, which says more", strings.Replace(file, "Oslo", "Bari", 1), 0, groups.TextField("city").Is("Oslo"),
			"1 because it is no longer so that city is Oslo"},
	} {
		t.Run(c.why, func(t *testing.T) {
			now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
			w := newTenant(t)
			w.ev = groups.NewEvaluator(w, w, &groups.Options{
				Now: func() time.Time { return now }, Guard: &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{}}},
			})
			w.load(t, file, o)
			w.automatic(t, "romans", groups.AnySets(groups.All(groups.TextField("city").Is("Rome"))), groups.Keep)
			w.automatic(t, "team", groups.AnySets(groups.All(c.condition)), groups.Keep)
			now = now.AddDate(0, 0, c.days)
			p := w.plan(t, c.file, o)
			if len(p.Run.Held) != 1 || !strings.HasSuffix(p.Run.Held[0].Hold.String(), ": "+c.want) {
				t.Errorf("%v", p.Run.Held[0].Hold)
			}
		})
	}
}

func TestAPlanHeldAfterAChangeOfAFewIsAboutEverybody(t *testing.T) {
	ctx := t.Context()
	w := guardWorld(t, small())
	w.people(groups.User{ID: "g", Activation: groups.Activated}) // nobody can say where
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"g"}}), "team ?g")
	w.move("Oslo", "a", "b", "c")
	w.want(w.changed(groups.Touched{Users: []groups.UserID{"a", "b", "c"}}), "team ?g")
	plans, err := w.ev.Held(ctx)
	w.must(err)
	if len(plans) != 1 || len(plans[0].Diff.Undecided) != 1 {
		t.Fatalf("held: %+v", plans)
	}
	// So that it can be approved as it stands.
	_, err = w.ev.Approve(ctx, plans[0], "chief")
	w.must(err)
	w.want(w.members("team"), "d e f")
}
