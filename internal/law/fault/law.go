package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

// A Trial says where and how much is tried.
type Trial struct {
	// Open makes empty stores of one tenant.
	Open func() (People, groups.Store)
	// Bare hides what the people can do beyond what they must.
	Bare bool
	// Modes are how things fail.
	Modes []Mode
	// Pick says of each failure whether it is tried; nil tries all.
	Pick func() bool
}

func (t *Trial) open() (*Tenant, error) {
	people, store := t.Open()
	return open(people, store, t.Bare)
}

// Check does what the scenario does once without a failure, and then as often as something can fail, with that failing:
// the first thing that is asked of the sources, the second, and so on. It returns how many were tried.
//
// Each time, what is stored is what is stored before a write or after it, and where there was no error all of it; the
// error is the one that was met; and after the scenario was done again, all is as if nothing had failed, for those who
// failed and in a process that starts anew.
func (s Scenario) Check(trial Trial) (tried int, err error) {
	right, err := s.undisturbed(&trial)
	if err != nil {
		return 0, fmt.Errorf("without a failure: %w", err)
	}
	for _, m := range trial.Modes {
		for n := 1; n <= right.asked[m]; n++ {
			if trial.Pick != nil && !trial.Pick() {
				continue
			}
			tried++
			if err := s.disturbed(&trial, m, n, right); err != nil {
				return tried, fmt.Errorf("%s at %d of %d: %w", m, n, right.asked[m], err)
			}
		}
	}
	return tried, nil
}

// An outcome is what comes of a scenario in which nothing fails.
type outcome struct {
	stored []picture // before it, and after each of its writes
	asked  map[Mode]int
}

func (o *outcome) last() picture { return o.stored[len(o.stored)-1] }

func (s Scenario) undisturbed(trial *Trial) (*outcome, error) {
	t, err := trial.open()
	if err != nil {
		return nil, err
	}
	right := &outcome{asked: map[Mode]int{}}
	look := func() {
		p, failed := s.picture(t)
		right.stored, err = append(right.stored, p), errors.Join(err, failed)
	}
	look()
	t.sources.Wrote = look
	ctx := t.sources.Arm(context.Background(), None, 0)
	if err := errors.Join(s.Do(ctx, t), err); err != nil {
		return nil, err
	}
	for _, m := range append(Modes, Silent) {
		right.asked[m] = t.sources.Asked(m)
	}
	t.sources.Wrote = nil
	return right, s.again(t, right.last())
}

func (s Scenario) disturbed(trial *Trial, m Mode, n int, right *outcome) error {
	t, err := trial.open()
	if err != nil {
		return err
	}
	ctx := t.sources.Arm(context.Background(), m, n)
	failed := s.Do(ctx, t)
	met := t.sources.Disarm()
	if !met {
		return errors.New("nothing failed")
	}
	if err := cause(m, failed); err != nil {
		return err
	}
	stored, err := s.picture(t)
	if err != nil {
		return err
	}
	if failed == nil && !cmp.Equal(stored, right.last()) {
		return fmt.Errorf("no error, and something else is stored (-want +got):\n%s", cmp.Diff(right.last(), stored))
	}
	if !slices.ContainsFunc(right.stored, func(p picture) bool { return cmp.Equal(p, stored) }) {
		return fmt.Errorf("half of it is stored (-before +now), error %v:\n%s", failed, cmp.Diff(right.stored[0], stored))
	}
	if n%2 == 0 {
		t.restart()
	}
	if err := s.again(t, right.last()); err != nil {
		return err
	}
	return t.knows()
}

// cause refuses an error that is not the one met.
func cause(m Mode, err error) error {
	want := ErrSource
	switch m {
	case Timeout:
		want = context.DeadlineExceeded
	case Cancelled:
		want = context.Canceled
	case Repeated:
		return nil // the second delivery is refused as any other writer's
	}
	if err != nil && !errors.Is(err, want) {
		return fmt.Errorf("met %q and says: %w", want, err)
	}
	return nil
}

// picture is taken of all but what is written down late.
func (s Scenario) picture(t *Tenant) (picture, error) {
	p, err := t.picture()
	if s.Late != "" {
		p.Acts = slices.DeleteFunc(p.Acts, func(act string) bool { return strings.HasPrefix(act, fmt.Sprintf(`{"do":%q`, s.Late)) })
	}
	return p, err
}

// again does it once more, after which this is to be stored.
func (s Scenario) again(t *Tenant, want picture) error {
	if err := s.Do(context.Background(), t); err != nil {
		return fmt.Errorf("done again: %w", err)
	}
	got, err := s.picture(t)
	if err == nil && !cmp.Equal(want, got) {
		err = fmt.Errorf("done again, something else is stored (-want +got):\n%s", cmp.Diff(want, got))
	}
	return err
}

// knows compares what the evaluator finds with what a new one does, and one that looks at everybody.
func (t *Tenant) knows() error {
	kept, err := t.Evaluate(context.Background())
	if err != nil {
		return err
	}
	fresh := groups.NewEvaluator(t.people, t.store, &groups.Options{Now: t.Now, Exclusions: true, Guard: &groups.Guard{}, IndexBytes: -1})
	all, err := fresh.Evaluate(context.Background())
	if err != nil {
		return err
	}
	if len(kept.Held) == 0 && !cmp.Equal(kept.Changes(), all.Changes()) {
		return fmt.Errorf("the evaluator that failed finds (-new +kept):\n%s", cmp.Diff(all.Changes(), kept.Changes()))
	}
	return nil
}
