package runlog_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/runlog"
)

func newYear() time.Time { return time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC) }

// bare is a handler that leaves the clock out.
func bare(w *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func ExampleHooks() {
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	lms := groups.NewMemory()
	ev := groups.NewEvaluator(lms, lms, &groups.Options{Now: newYear, Hooks: runlog.Hooks(log)})
	_ = lms.Write(ctx, groups.PeopleChange{Upsert: []groups.User{{ID: "ada", Activation: groups.Activated}}})
	_, _ = ev.Save(ctx, groups.Group{
		ID: "all", Name: "Everybody", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(groups.Everyone{})),
	}, "root")
	_, _ = ev.Process(ctx)
	_, _ = ev.Process(ctx, "nobody knows it")
	// Output:
	// level=INFO msg=run call=process users=1 conflicts=0 took=0s joined=1 left=0 switched=0 undecided=0 findings=0 held=[]
	// level=ERROR msg=run call=process users=0 conflicts=0 took=0s failed=notFound
}

// mark is in everything that is not an ID, and in nothing else.
const mark = "MARK"

// failing is a directory whose error has a row in it.
type failing struct{ groups.Directory }

func (f failing) Users(context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		yield(groups.User{}, fmt.Errorf("row (ada, %s 5000): cannot be read", mark))
	}
}

func TestALogHasIDsAndNeverWhatPeopleHaveOrRulesAsk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		m := groups.NewMemory()
		var out bytes.Buffer
		now := newYear()
		o := &groups.Options{Now: func() time.Time { now = now.Add(time.Second); return now }, Hooks: runlog.Hooks(bare(&out, slog.LevelDebug))}
		ev := groups.NewEvaluator(m, m, o)
		value := rapid.SampledFrom([]string{mark + " Rome", mark + " Oslo"})
		draw := func(n int) (users []groups.User) {
			for i := range n {
				users = append(users, groups.User{ID: groups.UserID(fmt.Sprintf("u%02d", i)), Activation: groups.Activated, Fields: map[string]groups.Value{
					"city": groups.Text(value.Draw(t, "city")), "team": groups.Choice(rapid.SampledFrom([]string{"red", mark + " team"}).Draw(t, "team")),
					"name": groups.Text(mark + " name"), "email": groups.Text(mark + "@example.com"),
				}})
			}
			return users
		}
		must := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		n := rapid.IntRange(20, 40).Draw(t, "users")
		must(m.Write(ctx, groups.PeopleChange{Schema: &groups.Schema{Fields: []groups.Field{
			{Name: "city", Type: groups.TypeText, Label: mark}, {Name: "team", Type: groups.TypeChoice, Options: []groups.Option{{ID: "red", Label: mark}}},
		}}, Upsert: draw(n)}))
		for _, city := range []string{"Rome", "Oslo"} {
			_, err := ev.Save(ctx, groups.Group{
				ID: groups.GroupID("in" + city), Name: mark, Description: mark, Kind: groups.AutomaticGroup, Status: groups.Active,
				Criteria: groups.AnySets(groups.All(groups.TextField("city").Is(mark + " " + city))),
			}, "root")
			must(err)
		}
		_, err := ev.Process(ctx)
		must(err)
		must(m.Write(ctx, groups.PeopleChange{Upsert: draw(n)}))
		_, err = ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"u00", "u01"}})
		must(err)
		_, err = ev.Assign(ctx, "inRome", groups.Decision{By: "root", Why: mark}, "u02")
		must(err)
		// Everybody leaves, which the guard holds where there were many.
		for i := range n {
			must(m.Write(ctx, groups.PeopleChange{Upsert: []groups.User{{ID: groups.UserID(fmt.Sprintf("u%02d", i)), Activation: groups.Activated, Fields: map[string]groups.Value{"city": groups.Text(mark)}}}}))
		}
		_, err = ev.Process(ctx)
		must(err)
		must(ev.Forget(ctx, "u02", "root"))
		must(ev.Delete(ctx, "inRome", 1, "root"))
		if _, err := groups.NewEvaluator(failing{m}, m, o).Process(ctx); err == nil {
			t.Fatal("nothing failed")
		}
		log := out.String()
		if strings.Contains(log, mark) {
			t.Fatalf("it says what people have, or what rules ask:\n%s", log)
		}
		for _, says := range []string{"call=process", "call=changed", "call=decide", "call=forget", "call=delete", "group=inRome", "failed=source", "took=2s"} {
			if !strings.Contains(log, says) {
				t.Fatalf("it does not say %s:\n%s", says, log)
			}
		}
	})
}

func TestWhatTheGuardHoldsIsAWarningThatNamesTheGroups(t *testing.T) {
	ctx := t.Context()
	m := groups.NewMemory()
	var out bytes.Buffer
	ev := groups.NewEvaluator(m, m, &groups.Options{Now: newYear, Hooks: runlog.Hooks(bare(&out, slog.LevelWarn)), Guard: &groups.Guard{
		Group: groups.Bounds{Leaves: &groups.Limit{EmptyFrom: 1}},
	}})
	for _, activation := range []groups.Activation{groups.Activated, groups.Deactivated} {
		if err := m.Write(ctx, groups.PeopleChange{Upsert: []groups.User{{ID: "ada", Activation: activation, Expiry: groups.Current}}}); err != nil {
			t.Fatal(err)
		}
		if activation == groups.Activated {
			if _, err := ev.Save(ctx, groups.Group{
				ID: "active", Name: "A", Kind: groups.AutomaticGroup, Status: groups.Active, Criteria: groups.AnySets(groups.All(groups.StatusIs(groups.StatusActive))),
			}, "root"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ev.Process(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if want := "level=WARN msg=run call=process users=1 conflicts=0 took=0s joined=0 left=0 switched=0 undecided=0 findings=0 held=[active]\n"; out.String() != want {
		t.Errorf("the log is\n%swant\n%s", out.String(), want)
	}
}
