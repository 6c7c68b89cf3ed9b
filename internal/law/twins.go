package law

import (
	"context"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// Twins are two hosts that live through the same. It is an error where their runs tell something else, all that they
// tell compared, or where their stores have something else in them.
type Twins struct {
	*Plain
	Other *Plain
}

// Load loads both.
func (w *Twins) Load(t oracle.Tenant) error {
	return first(func() error { return w.Plain.Load(t) }, func() error { return w.Other.Load(t) })
}

// People writes the same to both.
func (w *Twins) People(users []groups.User, units []groups.Unit, touched Touched) error {
	return first(
		func() error { return w.Plain.People(users, units, touched) },
		func() error { return w.Other.People(users, units, touched) },
	)
}

// Save saves in both.
func (w *Twins) Save(g groups.Group) error {
	return first(func() error { return w.Plain.Save(g) }, func() error { return w.Other.Save(g) })
}

// Delete deletes from both.
func (w *Twins) Delete(g groups.GroupID) (refused bool, err error) {
	if refused, err = w.Other.Delete(g); err != nil {
		return refused, err
	}
	return w.Plain.Delete(g)
}

// Clock sets both.
func (w *Twins) Clock(now time.Time) {
	w.Plain.Clock(now)
	w.Other.Clock(now)
}

// Process processes both.
func (w *Twins) Process(ids ...groups.GroupID) (Report, error) {
	return w.alike(func(p *Plain) (Report, error) { return p.Process(ids...) })
}

// Changed tells both.
func (w *Twins) Changed(touched Touched) (Report, error) {
	return w.alike(func(p *Plain) (Report, error) { return p.Changed(touched) })
}

// alike has both run.
func (w *Twins) alike(run func(p *Plain) (Report, error)) (Report, error) {
	if _, err := run(w.Other); err != nil {
		return Report{}, err
	}
	report, err := run(w.Plain)
	if err != nil {
		return Report{}, err
	}
	if at := Difference(w.Other.run, w.Plain.run); at != "" {
		return Report{}, fmt.Errorf("a twin finds something else: %s", at)
	}
	want, err := everythingIn(w.Other.store)
	if err != nil {
		return Report{}, err
	}
	got, err := everythingIn(w.Plain.store)
	if err != nil {
		return Report{}, err
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return Report{}, fmt.Errorf("a twin has something else stored (-want +got):\n%s", diff)
	}
	return report, nil
}

// everythingIn is what a store has of groups, what runs keep in them included.
func everythingIn(s groups.Store) (list []any, err error) {
	for g, err := range s.Groups(context.Background()) {
		if err != nil {
			return nil, err
		}
		list = append(list, fmt.Sprintf("%s %+v", g.ID, g.State))
		for st, err := range s.Standings(context.Background(), g.ID, "") {
			if err != nil {
				return nil, err
			}
			list = append(list, st)
		}
	}
	return list, nil
}

// Assign and the other acts of people are done in both.
func (w *Twins) Assign(g groups.GroupID, u groups.UserID, until time.Time) error {
	return w.both(func(p *Plain) error { return p.Assign(g, u, until) })
}

// Unassign is one of them.
func (w *Twins) Unassign(g groups.GroupID, u groups.UserID) error {
	return w.both(func(p *Plain) error { return p.Unassign(g, u) })
}

// Exclude is one of them.
func (w *Twins) Exclude(g groups.GroupID, u groups.UserID) error {
	return w.both(func(p *Plain) error { return p.Exclude(g, u) })
}

// Readmit is one of them.
func (w *Twins) Readmit(g groups.GroupID, u groups.UserID) error {
	return w.both(func(p *Plain) error { return p.Readmit(g, u) })
}

// TakeOut is one of them.
func (w *Twins) TakeOut(g groups.GroupID, u groups.UserID) (refused bool, err error) {
	if refused, err = w.Other.TakeOut(g, u); err != nil {
		return refused, err
	}
	return w.Plain.TakeOut(g, u)
}

// Forget is one of them.
func (w *Twins) Forget(u groups.UserID) error {
	return w.both(func(p *Plain) error { return p.Forget(u) })
}

func (w *Twins) both(do func(p *Plain) error) error {
	return first(func() error { return do(w.Other) }, func() error { return do(w.Plain) })
}
