package admin_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

func TestAnActOnAGroupThatIsNotThere(t *testing.T) {
	w := newTenant(t, person("u1", "", ""))
	for _, act := range []func() (*admin.Report, error){
		func() (*admin.Report, error) {
			return w.Assign(t.Context(), root, "g", admin.Users("u1"), admin.Terms{})
		},
		func() (*admin.Report, error) {
			return w.SwitchToManual(t.Context(), root, "g", admin.Named{}, admin.Terms{})
		},
		func() (*admin.Report, error) { return w.RemoveManual(t.Context(), root, "g", admin.Users("nobody")) },
		func() (*admin.Report, error) { return w.TakeOut(t.Context(), root, "g", admin.Users("u1")) },
	} {
		if r, err := act(); !errors.Is(err, groups.ErrNotFound) || r != nil {
			t.Errorf("%v, %v", r, err)
		}
	}
}

// last is a Store after whose first writing something happens.
type last struct {
	groups.Store
	then func()
	dead *bool
}

func (s last) Apply(ctx context.Context, c groups.Commit) error {
	defer s.then()
	return s.Store.Apply(ctx, c)
}

func (s last) StandingsOf(ctx context.Context, u groups.UserID) iter.Seq2[groups.Standing, error] {
	if *s.dead {
		return func(yield func(groups.Standing, error) bool) { yield(groups.Standing{}, errDead) }
	}
	return s.Store.StandingsOf(ctx, u)
}

// What is written is told, whatever happens next.
func TestWhatIsWrittenIsNoError(t *testing.T) {
	cancels := func(cancel func(), _ *bool) { cancel() }
	dies := func(_ func(), dead *bool) { *dead = true }
	for _, c := range []struct {
		why    string
		then   func(cancel func(), dead *bool)
		status groups.Status
		done   bool // the group was processed since its status was changed
		want   string
	}{
		{"the context ends", cancels, groups.Active, true, "auto: done manual (switched)"},
		{"the context ends, and only the store knows the population", cancels, groups.Inactive, false, "auto: done manual (left)"},
		{"the store goes dead", dies, groups.Active, true, "auto: done manual (switched)"},
		{"the store of an inactive group goes dead", dies, groups.Inactive, true, "auto: done manual"},
	} {
		w := staffed(t)
		g := must[groups.Group](t)(w.store.Group(t.Context(), "sales"))
		g.Status = c.status
		must[groups.Group](t)(w.ev.Save(t.Context(), g, "root"))
		if c.done {
			must[*groups.Run](t)(w.ev.Process(t.Context()))
		}
		ctx, cancel := context.WithCancel(t.Context())
		dead := false
		s := last{w.store, func() { c.then(cancel, &dead) }, &dead}
		d := admin.New(groups.NewEvaluator(w.store, s, nil), w.store, s, nil)
		r, err := d.SwitchToManual(ctx, root, "sales", admin.Users("auto"), admin.Terms{})
		if err != nil {
			t.Fatalf("%s: %v", c.why, err)
		}
		if diff := cmp.Diff([]string{c.want}, told(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
		cancel()
	}
}

// slow is a Store in which much can happen between what is read and what is done about it.
type slow struct{ groups.Store }

func (s slow) Standings(ctx context.Context, g groups.GroupID, after groups.UserID) iter.Seq2[groups.Standing, error] {
	return func(yield func(groups.Standing, error) bool) {
		s.Store.Standings(ctx, g, after)(yield)
		for range 1000 {
			runtime.Gosched()
		}
	}
}

// Of several administrators who assign the same users at once, one does and the other finds it done.
func TestTwoAtOneDeskDoNotOverwriteEachOther(t *testing.T) {
	var users []groups.User
	var ids []groups.UserID
	for i := range 200 {
		ids = append(ids, groups.UserID(fmt.Sprintf("u%03d", i)))
		users = append(users, person(ids[i], "", ""))
	}
	w := newTenant(t, users...)
	w.save(t, "g")
	desk := admin.New(w.ev, w.store, slow{w.store}, nil)
	reports := make([]*admin.Report, 4)
	var wg sync.WaitGroup
	for i := range reports {
		wg.Go(func() {
			reports[i], _ = desk.Assign(context.Background(), admin.Administrator(fmt.Sprint("a", i)), "g", admin.Users(ids...), admin.Terms{})
		})
	}
	wg.Wait()
	done := 0
	for i, r := range reports {
		n := r.Count(admin.Done)
		if done += n; n == 0 {
			continue
		}
		for _, id := range ids {
			if by := w.standing(t, "g", id).Assignment.By; by != fmt.Sprint("a", i) {
				t.Fatalf("%s was assigned by a%d, and it says by %s", id, i, by)
			}
		}
	}
	if done != len(ids) {
		t.Errorf("%d users were assigned %d times", len(ids), done)
	}
}
