package groups_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

// An outboxStore hands the changes of a Commit to others before it writes them, as a host does whose queue
// is not in its database. It fails as it is told: before it writes, or after.
type outboxStore struct {
	groups.Store
	sent          []groups.Change
	before, after error
}

func (s *outboxStore) Apply(ctx context.Context, c groups.Commit) error {
	for _, w := range c.Writes {
		s.sent = append(s.sent, w.Changes...)
	}
	if s.before != nil {
		return s.before
	}
	return errors.Join(s.Store.Apply(ctx, c), s.after)
}

// Whoever acted on a change that was then not written, or of which nobody knows whether it was, knows it again
// when it is tried once more, at a later clock. And what was written is not written again.
func TestAChangeThatIsTriedAgainHasTheIDItHad(t *testing.T) {
	ctx := t.Context()
	broken := errors.New("the connection is lost")
	for name, act := range map[string]func(ev *groups.Evaluator) error{
		"process": func(ev *groups.Evaluator) error {
			_, err := ev.Process(ctx)
			return err
		},
		"changed": func(ev *groups.Evaluator) error {
			_, err := ev.Changed(ctx, groups.Touched{Users: []groups.UserID{"ann", "cid"}})
			return err
		},
		"assign": func(ev *groups.Evaluator) error {
			_, err := ev.Assign(ctx, "romans", groups.Decision{By: "tutor"}, "cid", "dee")
			return err
		},
		"publish": func(ev *groups.Evaluator) error {
			p, err := ev.Preview(ctx, evalGroup("new", groups.Everyone{}), nil)
			if err == nil {
				_, err = ev.Publish(ctx, p, "chief")
			}
			return err
		},
		"adopt": func(ev *groups.Evaluator) error {
			_, err := ev.Adopt(ctx, "sleeping", 1, "chief")
			return err
		},
		"delete": func(ev *groups.Evaluator) error { return ev.Delete(ctx, "romans", 1, "chief") },
		"forget": func(ev *groups.Evaluator) error { return ev.Forget(ctx, "ann", "chief") },
	} {
		for lost, store := range map[string]outboxStore{"before": {before: broken}, "after": {after: broken}} {
			if name == "forget" && lost == "after" {
				continue // once more is another act, which erases the leaves as well
			}
			t.Run(name+", lost "+lost+" it was written", func(t *testing.T) {
				w := newEvalWorld(t, nil)
				sleeping := evalGroup("sleeping", groups.Everyone{})
				sleeping.Status = groups.Inactive
				w.save(sleeping)
				w.process()
				store.Store, store.sent = w.Memory, nil
				ev := groups.NewEvaluator(w.Memory, &store, &groups.Options{Now: func() time.Time { return w.now }})
				if name == "process" || name == "changed" {
					w.people(evalUser("ann", evalIn("Oslo")), evalUser("cid", evalIn("Rome")))
				}
				feed := rowsOf(t, w.Changes(ctx, ""))
				read := feed[len(feed)-1].Cursor
				if err := act(ev); !errors.Is(err, broken) {
					t.Fatalf("the first time: %v", err)
				}
				first := slices.Clone(store.sent)
				store.sent, store.before, store.after = nil, nil, nil
				w.now = w.now.Add(time.Hour)
				err := act(ev)
				done := errors.Is(err, groups.ErrConflict) || errors.Is(err, groups.ErrGroup) || errors.Is(err, groups.ErrNotFound)
				if err != nil && (lost == "before" || !done) {
					t.Fatalf("the second time: %v", err)
				}
				var want, again []string
				for _, c := range first {
					want = append(want, c.ID)
				}
				for _, c := range store.sent {
					again = append(again, c.ID)
				}
				w.want(fmt.Sprint(feedIDs(w, read)), fmt.Sprint(want))
				if lost == "before" {
					w.want(fmt.Sprint(again), fmt.Sprint(want))
				} else if len(again) > 0 {
					t.Errorf("written twice: %v", again)
				}
				if len(want) == 0 || slices.Contains(want, "") {
					t.Errorf("the IDs are %q", want)
				}
			})
		}
	}
}

// feedIDs are the IDs of the changes after a cursor.
func feedIDs(w *evalWorld, after string) (ids []string) {
	w.Helper()
	for _, c := range rowsOf(w, w.Changes(w.Context(), after)) {
		ids = append(ids, c.ID)
	}
	return ids
}

// The feed is read by cursor and at least once, so that a host keeps the cursor behind what it has acted on, and
// the IDs of it. The audit is read likewise.
func ExampleStore() {
	ctx, school := context.Background(), groups.NewMemory()
	var store groups.Store = school
	ev := groups.NewEvaluator(school, store, &groups.Options{Now: newYear})
	check(school.Write(ctx, groups.PeopleChange{Upsert: []groups.User{
		{ID: "ada", Activation: groups.Activated}, {ID: "bea", Activation: groups.Activated},
	}}))
	_, err := ev.Save(ctx, groups.Group{ID: "club", Name: "Club", Status: groups.Active}, "tutor")
	check(err)

	cursor, done := "", map[string]bool{} // where a host keeps them
	follow := func() {
		for c, err := range store.Changes(ctx, cursor) {
			check(err)
			if !done[c.ID] {
				fmt.Println(c.User, c.Kind, c.Group, "by", c.Cause)
				done[c.ID] = true
			}
			cursor = c.Cursor
		}
	}
	_, err = ev.Assign(ctx, "club", groups.Decision{By: "tutor"}, "ada", "bea")
	check(err)
	follow()
	_, err = ev.TakeOut(ctx, "club", "dean", "bea")
	check(err)
	follow()
	cursor = "" // restored from an old copy: everything is met again, and nothing happens twice
	follow()

	for a, err := range store.Acts(ctx, "club", "") {
		check(err)
		fmt.Printf("%s %q by %s\n", a.Do, a.User, a.By)
	}
	// Output:
	// ada joined club by assignment
	// bea joined club by assignment
	// bea left club by unassignment
	// create "" by tutor
	// assign "ada" by tutor
	// assign "bea" by tutor
	// unassign "bea" by dean
}
