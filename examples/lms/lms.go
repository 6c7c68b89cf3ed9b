package main

import (
	"context"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// The courses.
const (
	ladder  = "Ladder safety"
	rescue  = "Rescue from heights"
	welcome = "Welcome to Brookside"
	tower   = "Tower handbook"
	offices = "Office handbook"
)

// An lms is one tenant of a small LMS, with the library built in.
type lms struct {
	now       time.Time         // the clock, which is set by hand here
	store     *groups.Memory    // groups and memberships; an LMS has its database
	people    *directory        // the people
	ev        *groups.Evaluator // decides who is in which group
	desk      *admin.Desk       // what administrators do with groups
	catalogue catalogue
	effects   *effects
	worker    *worker
}

func newLMS(start time.Time) *lms {
	l := &lms{now: start, store: groups.NewMemory()}
	l.catalogue = catalogue{"field": {ladder}, "certified": {tower}, "newcomers": {welcome}, "petras": {offices}}
	l.effects = newEffects(enrollmentRules{"field": {ladder}, "certified": {rescue}, "newcomers": {welcome}})
	l.people = &directory{l.store, l.effects.enrollments, map[string][]string{"petra": {"Lund"}}}
	l.ev = groups.NewEvaluator(l.people, l.store, &groups.Options{
		Now: func() time.Time { return l.now },
		// The default guard is for hundreds of people. Here are thirty: four leaves of a group that are
		// 30 % of it are too many to go unseen.
		Guard: &groups.Guard{Group: groups.Bounds{Leaves: &groups.Limit{MinCount: 4, MaxPercent: 30, MaxCount: 20, EmptyFrom: 5}}},
	})
	l.desk = admin.New(l.ev, l.people, l.store, nil)
	l.worker = &worker{feed: l.store, effects: l.effects}
	return l
}

// open says which enrollment statuses there are.
func (l *lms) open(ctx context.Context) error {
	return l.people.Write(ctx, groups.PeopleChange{Schema: &groups.Schema{EnrollmentStatuses: []string{"enrolled", groups.Completed}}})
}

// settle has the worker catch up, and tells the library which enrollments that brought, since rules may
// ask for them, until nothing more comes of it.
func (l *lms) settle(ctx context.Context) (met, again int, err error) {
	for {
		m, a, err := l.worker.run(ctx)
		met, again = met+m, again+a
		if err != nil {
			return met, again, err
		}
		if len(l.effects.enrollments.news()) == 0 {
			return met, again, nil
		}
		if _, err := l.tellNews(ctx); err != nil {
			return met, again, err
		}
	}
}

// tellNews tells the library whose enrollments changed.
func (l *lms) tellNews(ctx context.Context) (*groups.Run, error) {
	news := l.effects.enrollments.news()
	run, err := l.ev.Changed(ctx, groups.Touched{Enrollments: news})
	if err == nil {
		l.effects.enrollments.told(news)
	}
	return run, err
}

// complete is what the course player calls.
func (l *lms) complete(ctx context.Context, user groups.UserID, course string) (*groups.Run, error) {
	l.effects.enrollments.complete(user, course, l.now)
	return l.tellNews(ctx)
}

// forget erases a user everywhere. Of somebody who is in no group the feed says nothing, so that the
// LMS forgets by itself. The leaves that are written stay in the feed until the worker has met them, and
// are then forgotten as well.
func (l *lms) forget(ctx context.Context, user groups.UserID, by string) error {
	if err := l.ev.Forget(ctx, user, by); err != nil {
		return err
	}
	l.effects.forget(user)
	if _, _, err := l.settle(ctx); err != nil {
		return err
	}
	return l.ev.Forget(ctx, user, by)
}

// planImport is the first half of an upload of people: what it would change.
func (l *lms) planImport(ctx context.Context, csv string) (*groups.ImportPlan, error) {
	file, err := groups.ReadPeopleCSV(strings.NewReader(csv), &personnel)
	if err != nil {
		return nil, err
	}
	return l.ev.PlanImport(ctx, file)
}

// importPlanned is the second half. The file knows nothing of enrollments, so that rules about them are
// asked again for those who are new. That this is to be done is written down before the file is: an LMS
// that stops in between makes up for it when it settles.
func (l *lms) importPlanned(ctx context.Context, plan *groups.ImportPlan, by string) (*groups.Run, error) {
	l.effects.enrollments.tell(plan.New)
	run, err := l.ev.Import(ctx, plan, by)
	if err == nil {
		_, err = l.tellNews(ctx)
	}
	return run, err
}

// tick is what a timer calls at the instant that [groups.Evaluator.Due] names.
func (l *lms) tick(ctx context.Context) (*groups.Run, error) {
	return l.ev.Changed(ctx, groups.Touched{})
}
